import { describe, expect, it } from 'vitest'
import { execIn, waitingContainer } from './shell.test-support.ts'

/** What may not hurt anyone, and how it is written. */
const hostile: readonly (readonly [name: string, script: string])[] = [
  ['a fork bomb', 'bomb() { bomb | bomb & }; bomb'],
  ['yes that nobody reads', 'yes > /dev/null'],
  ['an endless file', 'cat /dev/zero > /dev/null'],
  ['an endless file into a disk', 'cat /dev/zero > /tmp/x'],
  ['an endless file into a variable', 'x=$(cat /dev/zero)'],
  ['a busy loop', 'while :; do :; done'],
  ['endless recursion', 'f() { f; }; f'],
  ['a variable that doubles', 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'],
  ['a pipe that nobody empties', 'yes | sleep 100'],
  ['a connection that nobody reads', 'nc -l -p 9 > /dev/null < /dev/null & yes | nc localhost 9'],
  ['huge braces', 'echo {1..99999999}'],
  ['arithmetic without end', 'i=0; while [ $((i=i+1)) -gt 0 ]; do :; done'],
]

describe.each(hostile)('%s', (_, script) => {
  it('slows nobody else down and holds little memory', async () => {
    const waiting = waitingContainer({ image: 'debian:12' })
    const neighbour = waitingContainer({ cluster: waiting.cluster, ip: '10.32.0.10' })
    const session = waiting.container.exec(
      { command: ['bash', '-c', script], tty: false, stdin: false },
      { stdout: () => undefined, stderr: () => undefined, exit: () => undefined },
    )
    const began = performance.now()
    const before = process.memoryUsage().heapUsed
    // A second of the cluster's time; the neighbour's command is done in it.
    for (let step = 0; step < 10; step++) await waiting.cluster.clock.advance(100)
    expect(await execIn(neighbour, ['sh', '-c', 'echo still here'], { millis: 1000 })).toMatchObject({ out: 'still here\n', code: 0 })
    // Generous: what is not bounded would take minutes, or all there is.
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300_000_000)
    session.close()
    waiting.container.remove()
    await waiting.cluster.clock.advance(100)
  })
})
