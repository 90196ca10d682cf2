import { describe, expect, it } from 'vitest'
import { execIn, waitingContainer } from '../shell.test-support.ts'

/** A debugging pod of node-0, whose root is at /host, beside an nginx. */
async function debugging() {
  const mounts = [{ path: '/host', readOnly: false, volume: { kind: 'shared', key: 'node/node-0/', medium: 'disk' } }] as const
  const waiting = waitingContainer({ mounts })
  waiting.cluster.start({ image: 'nginx:1.27' }, { ip: '10.32.0.5', name: 'web' })
  await waiting.cluster.clock.advance(3000)
  return (script: string) => execIn(waiting, ['sh', '-c', script])
}

describe('a shell on a node', () => {
  it('is in its root after chroot /host, and what it writes stays', async () => {
    const sh = await debugging()
    expect((await sh('chroot /host cat /etc/hostname; chroot /host sh -c "pwd; echo x > /etc/new"; cat /host/etc/new')).out).toBe(
      'node-0\n/\nx\n',
    )
    expect((await sh('chroot /nowhere ls; chroot /host crictl')).err).toBe(
      "chroot: can't change root directory to '/nowhere': No such file or directory\ncrictl: a command is missing: there are ps, pods, stats, logs, images, inspect and version\n",
    )
    expect((await sh('crictl ps')).code).toBe(127)
  })

  it('lists containers with what they use, and reads their logs, with crictl', async () => {
    const sh = await debugging()
    const { out } = await sh('chroot /host crictl ps; chroot /host crictl stats --name c')
    expect(out).toMatch(/^CONTAINER +IMAGE +CREATED +STATE +NAME +ATTEMPT +POD ID +POD +NAMESPACE\n/)
    expect(out).toMatch(/\n[0-9a-f]{13} +[0-9a-f]{13} +3 seconds ago +Running +c +0 +[0-9a-f]{13} +web +default\n/)
    expect(out).toMatch(/\nCONTAINER +NAME +CPU % +MEM +DISK +INODES +SWAP\n[0-9a-f]{13} +c +\d+\.\d\d +[\d.]+[kM]B /)
    expect((await sh(`chroot /host sh -c 'crictl logs --tail 1 $(crictl ps -q | tail -1)'`)).out).toMatch(/\n$/)
  })

  it('tells how the kubelet is', async () => {
    const sh = await debugging()
    const { out, err } = await sh(
      'chroot /host systemctl status kubelet; chroot /host journalctl -u kubelet -n 5; chroot /host systemctl stop kubelet',
    )
    expect(out).toMatch(/^● kubelet\.service - kubelet: The Kubernetes Node Agent\n/)
    expect(out).toContain('-- No entries --\n')
    expect(err).toContain("systemctl: 'stop' is not simulated")
    expect((await sh('dmesg')).err).toBe('dmesg: klogctl: Operation not permitted\n')
    expect((await sh('chroot /host dmesg')).out).toMatch(/^\[ +0\.000000\] Linux version /)
  })
})
