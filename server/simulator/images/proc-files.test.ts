import { describe, expect, it } from 'vitest'
import { run } from '../shell/shell.test-support.ts'

const limited = { container: { resources: { limits: { memory: '64Mi', cpu: '250m' } } } }

describe('what the kernel shows of a container', () => {
  it('tells its limits and what it uses', async () => {
    const { out } = await run('cd /sys/fs/cgroup; cat memory.max cpu.max; grep -c . memory.events cpu.stat; cat cpu.stat', limited)
    expect(out).toMatch(/^67108864\n25000 100000\nmemory\.events:6\ncpu\.stat:6\nusage_usec \d+\n/)
    expect((await run('cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.max')).out).toBe('max 100000\nmax\n')
  })

  it('lists mounts, processes and what listens', async () => {
    expect((await run('grep -c "^overlay / overlay" /proc/mounts; cat /proc/1/comm; ls /proc/1 | tr "\\n" " "')).out).toBe(
      '1\nsleep\ncgroup cmdline comm cwd environ exe fd limits mounts oom_score_adj root stat status ',
    )
    expect((await run('nc -lk -p 4096 -e cat & sleep 0.1; cat /proc/net/tcp; kill $!')).out).toMatch(/ 0: 00000000:1000 00000000:0000 0A /)
    expect((await run('ls /proc | grep -v "[0-9]" | tr "\\n" " "; ls /sys/fs')).out).toBe(
      'cpuinfo filesystems loadavg meminfo mounts net self sys uptime version cgroup\n',
    )
  })
})

describe('a shell that kills itself', () => {
  it.each([
    ['kill -9 $$', 137],
    ['kill $$; sleep 1', 143],
    ['sh -c "kill -9 \\$\\$"; exit $?', 137],
  ])('ends with 128 and the signal: %s', async (script, code) => {
    expect((await run(script)).code).toBe(code)
  })
})
