import { describe, expect, it } from 'vitest'
import type { Pod } from '../resources/kinds.ts'
import { formatSelector, humanDuration } from './cells.ts'
import { podRow } from './pods.ts'

describe('an age', () => {
  it.each([
    [0, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [125_000, '2m5s'],
    [600_000, '10m'],
    [3 * 3_600_000, '3h'],
    [3 * 3_600_000 + 60_000, '3h1m'],
    [30 * 3_600_000, '30h'],
    [49 * 3_600_000, '2d1h'],
    [20 * 86_400_000, '20d'],
    [800 * 86_400_000, '2y70d'],
  ])('of %i ms reads %s', (millis, words) => {
    expect(humanDuration(millis)).toBe(words)
  })
})

describe('a selector in a cell', () => {
  it('is in the words of kubectl get -l, sorted', () => {
    expect(
      formatSelector({
        matchLabels: { b: '1' },
        matchExpressions: [
          { key: 'a', operator: 'In', values: ['y', 'x'] },
          { key: 'c', operator: 'DoesNotExist' },
        ],
      }),
    ).toBe('a in (x,y),b=1,!c')
  })
})

describe("a pod's row", () => {
  const statusCell = (status: Pod['status'], meta: Pod['metadata'] = {}) => podRow(pod(status, meta), Date.UTC(2026, 0, 1))[2]

  it('shows why a container waits', () => {
    expect(statusCell({ phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ImagePullBackOff' } })] })).toBe(
      'ImagePullBackOff',
    )
  })

  it('shows how a container ended', () => {
    expect(statusCell({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] })).toBe('ExitCode:3')
    expect(statusCell({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] })).toBe('Error')
  })

  it('is Terminating while it is being deleted, but not when it is over', () => {
    expect(statusCell({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe('Terminating')
    expect(statusCell({ phase: 'Succeeded' }, { deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe('Succeeded')
  })

  it('counts restarts and says when the last was', () => {
    const status = {
      ...container({ running: {} }),
      restartCount: 2,
      lastState: { terminated: { exitCode: 1, finishedAt: '2025-12-31T23:59:00Z' } },
    }
    expect(podRow(pod({ phase: 'Running', containerStatuses: [status] }, {}), Date.UTC(2026, 0, 1))[3]).toBe('2 (60s ago)')
  })
})

function container(state: object) {
  return { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state }
}

function pod(status: Pod['status'], metadata: Pod['metadata']): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'c' }] }, status }
}
