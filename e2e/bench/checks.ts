import { watchCheck } from '../../server/checks/watch-check.ts'
import { create } from '../../server/cluster.test-support.ts'
import { createSimulatedProvider } from '../../server/clusters/simulated/simulated-provider.ts'
import type { Condition } from '../../server/protocol/blocks.ts'

/** What an exercise of the workshop asks: two kinds of objects, an event, a service. */
const conditions: readonly Condition[] = [
  { object: 'deployment', namespace: 'default', name: 'web', field: 'status.readyReplicas', atLeast: 1 },
  { object: 'pod', namespace: 'default', selector: 'app=web', field: 'status.phase', equals: 'Running' },
  { event: 'Started', namespace: 'default', about: 'pod/web' },
  { http: 'http://web.default/', matches: 'nginx' },
]
const idleMillis = 15_000

/** Everyone's check of one exercise, watched by one process: what that costs while nothing happens, and how soon a change is seen. */
export async function measureChecks(attendees: number): Promise<void> {
  const clusters = createSimulatedProvider({
    worker: new URL('../../server/simulator-worker.ts', import.meta.url),
    report: (error) => process.stderr.write(`${String(error)}\n`),
  })
  const leases = []
  for (let number = 0; number < attendees; number++) leases.push(await clusters.lease({ number, name: `Attendee ${number}` }))
  // Clusters that start cost something of their own.
  await pause(5000)
  const before = process.cpuUsage()
  await pause(idleMillis)
  const without = share(process.cpuUsage(before))

  const heard = new Set<number>()
  const met = new Map<number, number>()
  const stops: (() => void)[] = []
  for (const [number, lease] of leases.entries())
    stops.push(
      watchCheck({ api: lease.client, query: () => () => {} }, { conditions: [...conditions] }, (state) => {
        heard.add(number)
        if (state.met) met.set(number, performance.now())
      }),
    )
  const [began, beginning] = [performance.now(), process.cpuUsage()]
  while (heard.size < attendees) await pause(20)
  const begun = performance.now() - began
  const spent = process.cpuUsage(beginning)
  // What was asked again soon after it began is asked seldom by now.
  await pause(40_000)
  const watching = process.cpuUsage()
  await pause(idleMillis)
  const withChecks = share(process.cpuUsage(watching))

  const lease = leases[0]
  if (!lease) throw new Error('Nobody attends.')
  const sent = performance.now()
  await Promise.all(objects.map((object) => create(lease, object)))
  while (!met.has(0)) await pause(5)
  const seen = (met.get(0) ?? 0) - sent
  process.stdout.write(
    [
      `${attendees} attendees, each with a check of ${conditions.length} conditions, none of them met`,
      `  begun in                    ${Math.round(begun)} ms, ${((spent.user + spent.system) / 1000 / attendees).toFixed(1)} ms of a processor each`,
      `  of one processor, idle      ${withChecks.toFixed(1)} % (clusters alone: ${without.toFixed(1)} %)`,
      `  memory of the process       ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
      `  met after the objects were made, image and all   ${Math.round(seen)} ms`,
      '',
    ].join('\n'),
  )
  for (const stop of stops) stop()
  await Promise.all(leases.map((each) => each.release()))
  await clusters.close()
}

const labels = { app: 'web' }
const pod = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:alpine', ports: [{ containerPort: 80 }] }] } }
const objects = [
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, template: pod } },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: labels, ports: [{ port: 80 }] } },
]

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis))
}

function share({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / (idleMillis * 10)
}
