import { afterEach, expect, it } from 'vitest'
import { startDiscovery } from './discovery.ts'
import type { Discovery } from './discovery.ts'

const targets = [{ address: { host: '127.0.0.1', port: 9 }, path: '/secret/c/c' }]
let discovery: Discovery | undefined

afterEach(() => discovery?.close())

const groups = async () => (await fetch(discovery?.url ?? '')).json() as Promise<{ labels: Record<string, string> }[]>

it('has a cluster’s jobs that are scraped less often than usual scraped apart, as often as it says now', async () => {
  discovery = await startDiscovery()
  let intervals: readonly number[] = [5]
  const unregister = discovery.register('c', targets, () => intervals)
  expect(await groups()).toEqual([{ targets: ['127.0.0.1:9'], labels: { __metrics_path__: '/secret/c/c' } }])
  intervals = [5, 15, 60]
  expect((await groups()).map(({ labels }) => labels)).toEqual([
    { __metrics_path__: '/secret/c/c' },
    { __metrics_path__: '/secret/c/c/15', __scrape_interval__: '15s', __scrape_timeout__: '10s' },
    { __metrics_path__: '/secret/c/c/60', __scrape_interval__: '60s', __scrape_timeout__: '10s' },
  ])
  unregister()
  expect(await groups()).toEqual([])
})

it('has everything scraped at once when told to', async () => {
  discovery = await startDiscovery(true)
  discovery.register('c', targets, () => [60])
  expect((await groups()).map(({ labels }) => labels)).toEqual([{ __metrics_path__: '/secret/c/c/all' }])
})
