import { describe, expect, it } from 'vitest'
import { Classroom, PRESENTER } from './classroom/classroom.ts'
import type { ClusterLease } from './clusters/lease.ts'
import { createDesks } from './desks.ts'
import { ManualClock } from './kernel/clock.ts'
import { ClusterId, SessionId } from './kernel/ids.ts'
import type { ClusterNotice } from './protocol/server-message.ts'

describe('a desk whose cluster is gone', () => {
  it('says so, and has another when its page is loaded again; nobody else notices', async () => {
    const { desks, lose, ann } = room()
    const [mine, others] = [desks.of(ann), desks.of(PRESENTER)]
    const told: ClusterNotice[] = []
    const theirs: ClusterNotice[] = []
    await ready(mine)
    await ready(others)
    mine.onClusterChange((notice) => told.push(notice))
    others.onClusterChange((notice) => theirs.push(notice))
    lose('cluster-1')
    expect(told).toEqual([{ state: 'none', why: 'It has stopped.' }])
    expect(desks.of(ann).cluster()).toEqual({ state: 'starting' })
    await ready(mine)
    expect(mine.cluster()).toMatchObject({ state: 'ready', name: 'cluster-1-again' })
    expect(theirs).toEqual([])
    await desks.close()
  })
})

/** Nobody asks it anything here. */
const nobody = {
  getJson: () => Promise.reject(new Error('asked')),
  getText: () => Promise.reject(new Error('asked')),
  follow: () => Promise.reject(new Error('asked')),
}

function room() {
  const clock = new ManualClock()
  const store = { append: () => {} }
  const classroom = new Classroom({ clock, store, session: SessionId.parse('s'), title: 'T', presenterName: 'Pia', slides: [] })
  const ann = classroom.join('Ann').id
  const losses = new Map<string, (why: string) => void>()
  const lease = (number: number): ClusterLease => {
    const name = losses.has(`cluster-${number}`) ? `cluster-${number}-again` : `cluster-${number}`
    return {
      id: ClusterId.parse(name),
      name,
      simulated: true,
      nodes: [],
      api: { host: '127.0.0.1', port: 1 },
      kubeconfigFor: () => '',
      prometheus: { state: () => ({ state: 'absent' }), onChange: () => () => {} },
      client: nobody,
      onLost: (listener) => (losses.set(name, listener), () => {}),
      release: () => Promise.resolve(),
    }
  }
  const seat = { open: () => Promise.reject(new Error('none')), connect: () => {}, close: () => Promise.resolve() }
  const desks = createDesks({
    classroom,
    terminals: { seat: () => seat, find: () => undefined, dial: () => Promise.reject(new Error('none')), close: () => Promise.resolve() },
    clusters: { lease: ({ number }) => Promise.resolve(lease(number)), close: () => Promise.resolve() },
    slidesOnly: undefined,
    metrics: { register: () => () => {}, watch: () => () => {}, samplesUrl: () => Promise.resolve(undefined) },
    log: () => {},
  })
  return { desks, ann, lose: (name: string) => losses.get(name)?.('It has stopped.') }
}

/** Until its cluster is there: promises only, no timers. */
async function ready(desk: { cluster(): ClusterNotice }): Promise<void> {
  while (desk.cluster().state !== 'ready') await Promise.resolve()
}
