import { describe, expect, it } from 'vitest'
import { execIn, run, waitingContainer } from '../shell/shell.test-support.ts'

describe('containers that share their processes', () => {
  const spec = { shareProcessNamespace: true }
  const pod = () => {
    const first = waitingContainer({ spec, image: 'nginx:1.29', container: { name: 'web', command: [] } })
    return { first, second: waitingContainer({ spec, cluster: first.cluster, container: { name: 'side' } }) }
  }

  it('see each other below the pod’s sandbox', async () => {
    const { out } = await execIn(pod().second, ['ps', '-o', 'pid,args'])
    expect(out).toMatch(/^PID COMMAND\n +1 \/pause\n +2 nginx: master process [^]*\n +\d+ sleep 86400\n/)
  })

  it('look into each other’s files, and signal each other', async () => {
    const { first, second } = pod()
    expect((await execIn(second, ['cat', '/proc/2/root/etc/nginx/conf.d/default.conf'])).out).toContain('listen       80;')
    expect((await execIn(second, ['sh', '-c', 'echo hi > /proc/2/root/tmp/note'])).code).toBe(0)
    expect((await execIn(first, ['cat', '/tmp/note'])).out).toBe('hi\n')
    expect((await execIn(second, ['sh', '-c', 'kill -9 2; sleep 0.1; ps'])).out).not.toContain('nginx')
    expect(first.exits).toEqual([{ code: 137, reason: 'Error' }])
  })

  it('keep their files to themselves where users differ, unless they may trace', async () => {
    const first = waitingContainer({ spec, container: { name: 'a', securityContext: { runAsUser: 1000 } } })
    const second = waitingContainer({ spec, cluster: first.cluster, container: { name: 'b' } })
    expect((await execIn(second, ['ls', '/proc/2/root/'])).err).toContain('Permission denied')
    const tracer = { name: 't', securityContext: { capabilities: { add: ['SYS_PTRACE'] } } }
    const third = waitingContainer({ spec, cluster: first.cluster, container: tracer })
    expect((await execIn(third, ['ls', '/proc/2/root/'])).out).toContain('etc')
  })
})

describe('an ephemeral container with a target', () => {
  it('sees the target’s processes, and ends with it', async () => {
    const target = waitingContainer({ container: { name: 'app' } })
    const spec = { ephemeralContainers: [{ name: 'debugger', targetContainerName: 'app' }] }
    const debug = waitingContainer({ spec, cluster: target.cluster, container: { name: 'debugger' } })
    expect((await execIn(debug, ['ps'])).out).toMatch(/ 1 root .* sleep 86400\n +2 root .* sleep 86400\n/)
    target.container.signal('SIGKILL')
    await target.cluster.clock.advance(100)
    expect(debug.exits).toMatchObject([{ code: 137 }])
  })
})

describe('memory as a disk', () => {
  const volume = { kind: 'shared', key: 'pod/u/v', medium: 'memory', size: 10_485_760 } as const
  const mounts = [{ path: '/mem', readOnly: false, volume }]

  it('is full when its limit is reached', async () => {
    const { out, err } = await run('dd if=/dev/zero of=/mem/x bs=1M count=20; echo $?', { mounts })
    expect(err).toContain("dd: error writing '/mem/x': No space left on device")
    expect(out).toBe('1\n')
  })

  it('counts as the container’s own', async () => {
    const limits = { memory: '8Mi' }
    const waiting = waitingContainer({ mounts, container: { resources: { limits } } })
    await execIn(waiting, ['dd', 'if=/dev/zero', 'of=/mem/x', 'bs=1M', 'count=9'])
    expect(waiting.exits).toEqual([{ code: 137, reason: 'OOMKilled' }])
  })
})

describe('a big file of zeros', () => {
  it('has its size everywhere, and takes no memory', async () => {
    const { out } = await run(
      'dd if=/dev/zero of=/z bs=1M count=2000 2>/dev/null; stat -c %s /z; du -m /z; rm /z; df -m / | tail -1 | grep -c 2000',
    )
    expect(out).toBe('2097152000\n2000\t/z\n0\n')
  })
})
