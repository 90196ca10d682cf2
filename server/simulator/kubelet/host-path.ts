/** What lies on the disk of every node; nobody looks into it. */
const directories = new Set(
  `/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var
  /etc/cni /etc/cni/net.d /etc/containerd /etc/kubernetes /etc/kubernetes/manifests /etc/kubernetes/pki /etc/ssl /etc/ssl/certs
  /lib/modules /opt/cni /opt/cni/bin /run/containerd /sys/fs/bpf /sys/fs/cgroup /usr/bin /usr/lib /usr/local /usr/sbin /usr/share
  /var/cache /var/lib /var/lib/containerd /var/lib/etcd /var/lib/kubelet /var/log /var/log/containers /var/log/pods /var/run /var/tmp`
    .split(/\s+/)
    .filter((path) => path !== ''),
)
const files = new Set([
  '/etc/hostname',
  '/etc/hosts',
  '/etc/localtime',
  '/etc/machine-id',
  '/etc/os-release',
  '/etc/passwd',
  '/etc/resolv.conf',
])
const sockets = new Set(['/run/containerd/containerd.sock', '/var/run/containerd/containerd.sock'])

/**
 * Why a path on the node is not what a volume says it is; undefined when it is, or when it is made.
 * https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types
 * @param made whether a pod has made the directory before
 */
export function hostPathProblem(path: string, type: string | undefined, made: (path: string) => boolean): string | undefined {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path
  const fail = (what: string): string => `hostPath type check failed: ${path} is not a ${what}`
  if (type === 'Directory') return directories.has(plain) || made(plain) ? undefined : fail('directory')
  if (type === 'File') return files.has(plain) ? undefined : fail('file')
  if (type === 'Socket') return sockets.has(plain) ? undefined : fail('socket file')
  if (type === 'CharDevice') return /^\/dev\/(null|zero|full|random|urandom|tty)$/.test(plain) ? undefined : fail('character device')
  return type === 'BlockDevice' ? fail('block device') : undefined
}
