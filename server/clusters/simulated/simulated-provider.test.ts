import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { ClusterProvider } from '../lease.ts'
import { createSimulatedProvider } from './simulated-provider.ts'

const worker = new URL('./fake-simulator.ts', import.meta.url)

describe('simulated clusters', () => {
  let provider: ClusterProvider
  const reports: unknown[] = []
  const lease = (number: number) => provider.lease({ number, name: 'Ada' })

  beforeEach(() => {
    reports.splice(0)
    provider = createSimulatedProvider({ worker, report: (error) => reports.push(error) })
  })
  afterEach(() => provider.close())

  it('are an attendee’s own: nodes, port, token', async () => {
    const [first, second] = [await lease(0), await lease(1)]
    expect(first.nodes).toEqual(['workshop-vm-00-00', 'workshop-vm-00-01'])
    expect(second.nodes).toEqual(['workshop-vm-01-00', 'workshop-vm-01-01'])
    expect(first.id).not.toBe(second.id)
    expect(first.api.port).not.toBe(second.api.port)
    const tokens = [first, second].map(
      (one) => (parse(one.kubeconfigFor(one.api)) as { users: [{ user: { token: string } }] }).users[0].user.token,
    )
    expect(tokens).toEqual(['token of workshop-vm-00-00', 'token of workshop-vm-01-00'])
  })

  it('are there at once for whoever comes next, and for whoever comes back out of turn', async () => {
    await lease(0)
    expect((await lease(1)).nodes[0]).toBe('workshop-vm-01-00')
    expect((await lease(7)).nodes[0]).toBe('workshop-vm-07-00')
    expect((await lease(2)).nodes[0]).toBe('workshop-vm-02-00')
    expect((await lease(100)).nodes[0]).toBe('workshop-vm-100-00')
  })

  it('tell the main thread how their Prometheus is doing, and serve its pages only to who knows their secret', async () => {
    const { prometheus, id } = await lease(0)
    expect(prometheus.state()).toEqual({ state: 'absent' })
    expect(prometheus.targets).toHaveLength(1)
    const changed = new Promise<void>((resolve) => prometheus.onChange(resolve))
    const [target] = prometheus.targets ?? []
    const page = await fetch(`http://127.0.0.1:${target?.address.port}${target?.path}`)
    expect(await page.text()).toBe(`series of ${id}\n`)
    await changed
    expect(prometheus.state()).toEqual({ state: 'ready', namespace: 'monitoring', pod: 'prometheus-0', since: 5 })
    expect((await fetch(`http://127.0.0.1:${target?.address.port}/guess/${id}/${id}`)).status).toBe(404)
  })

  it('that cannot be made fail in words for the attendee, and leave the others alone', async () => {
    const first = await lease(0)
    await expect(lease(66)).rejects.toMatchObject({ code: 'cluster-failed', say: expect.stringContaining('could not be started') })
    expect((await lease(1)).nodes).toHaveLength(2)
    await first.release()
    await first.release()
  })

  it('say so when their thread ends, and new ones get a new thread', async () => {
    const first = await lease(0)
    const lost: string[] = []
    first.onLost?.((why) => lost.push(why))
    await expect(lease(77)).rejects.toMatchObject({ code: 'cluster-failed' })
    expect(first.prometheus.state()).toMatchObject({ state: 'unreachable', why: expect.stringContaining('has stopped') })
    expect(lost).toEqual([expect.stringContaining('has stopped')])
    await first.release()
    expect((await lease(1)).nodes[0]).toBe('workshop-vm-01-00')
  })

  it('give a kubeconfig for the address at which a shell reaches them', async () => {
    const own = await lease(0)
    expect(own.kubeconfigFor({ host: '127.0.0.1', port: 6443 })).toContain('server: https://127.0.0.1:6443')
    expect(own.kubeconfigFor({ host: '127.0.0.1', port: 6443 })).not.toContain('tls-server-name')
    expect(own.kubeconfigFor({ host: '10.1.2.3', port: 6443 })).toContain('tls-server-name: localhost')
  })
})
