import type { Api } from '../api/door.ts'
import { layerOf } from '../shell/files.ts'
import type { Layer } from '../shell/files.ts'

/** What a node's own root holds: what people look for with `kubectl debug node/NAME`, below /host. */
export function nodeFiles(api: Api, name: string): Layer {
  const node = api.get('Node', undefined, name)
  const { osImage = 'Debian GNU/Linux 13 (trixie)', kubeletVersion = 'v1.36.2' } = node?.status?.nodeInfo ?? {}
  const address = (node?.status?.addresses ?? []).find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1'
  const made = Date.parse(node?.metadata.creationTimestamp ?? '') || 0
  return layerOf(
    [
      ...['/boot/', '/dev/', '/home/', '/mnt/', '/opt/cni/bin/', '/proc/', '/root/', '/run/containerd/', '/srv/', '/sys/', '/tmp/'].map(
        (folder) => [folder, ''] as const,
      ),
      ...['/usr/bin/', '/usr/sbin/', '/var/lib/containerd/', '/var/lib/kubelet/pods/', '/var/log/containers/', '/var/log/pods/'].map(
        (folder) => [folder, ''] as const,
      ),
      ['/bin', { link: '/usr/bin' }],
      ['/etc/hostname', `${name}\n`],
      ['/etc/hosts', `127.0.0.1\tlocalhost\n${address}\t${name}\n`],
      ['/etc/machine-id', `${(node?.status?.nodeInfo?.machineID ?? '').replaceAll('-', '')}\n`],
      [
        '/etc/os-release',
        `PRETTY_NAME="${osImage}"\nNAME="${osImage.split(' ').slice(0, 2).join(' ')}"\nID=${(osImage.split(' ')[0] ?? '').toLowerCase()}\n`,
      ],
      ['/etc/resolv.conf', 'nameserver 10.0.0.2\n'],
      ['/etc/containerd/config.toml', 'version = 3\n'],
      [
        '/etc/kubernetes/kubelet.conf',
        `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://${address}:6443\n  name: default-cluster\n`,
      ],
      ['/usr/bin/kubelet', '\u007fELF kubelet'],
      ['/usr/bin/containerd', '\u007fELF containerd'],
      ['/var/lib/kubelet/config.yaml', KUBELET_CONFIG],
      ['/var/log/syslog', `${name} kubelet[812]: Kubernetes ${kubeletVersion} started\n`],
    ],
    made,
  )
}

const KUBELET_CONFIG = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
`
