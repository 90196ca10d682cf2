import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { watchCheck } from './checks/watch-check.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import { loadDeck } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import type { CheckBlock } from './protocol/blocks.ts'
import type { CheckState } from './protocol/live-block.ts'

const root = join(import.meta.dirname, '..')
const { deck } = await loadDeck(join(root, 'slides/kubernetes-monitoring/deck.md'), root)
const exercises = personalise(deck, { number: '00', name: 'Ada' }).slides.flatMap(({ id, blocks }) => {
  const check = blocks.find((block) => block.kind === 'check')
  const sources = (role?: string) =>
    blocks.flatMap((block) => (block.kind === 'command' && block.role === role ? [block.source] : [])).join('\n')
  return check ? [{ id, check, begin: sources(), wrong: sources('wrong'), solution: sources('solution') }] : []
})

/** Every exercise on one cluster, in the deck's order, as an attendee does them. They go on from each other. */
describe("the workshop's exercises", { timeout: 60_000 }, () => {
  let clusters: ClusterProvider
  let lease: ClusterLease
  let folder: string

  beforeAll(async () => {
    const worker = new URL('./simulator-worker.ts', import.meta.url)
    clusters = createSimulatedProvider({
      worker,
      report: (error) => {
        throw error
      },
    })
    lease = await clusters.lease({ number: 0, name: 'Ada' })
    folder = await mkdtemp(join(tmpdir(), 'deckhand-exercises-'))
    await writeFile(join(folder, 'kubeconfig'), lease.kubeconfigFor(lease.api))
    await run('kubectl apply -f prometheus/')
  })
  afterAll(async () => {
    await clusters.close()
    await rm(folder, { recursive: true })
  })

  it('are ten and the showpiece, each with a wrong fix and a solution', () => {
    expect(exercises.length).toBe(11)
    for (const { wrong, solution } of exercises) expect([wrong, solution]).not.toContain('')
  })

  it.each(exercises)('$id: broken at first, still after the wrong fix, and whole after the solution', async (exercise) => {
    await run(exercise.begin)
    const before = await settled(exercise.check, false)
    expect(before.conditions.filter(({ met }) => !met).map(({ say }) => say)).not.toEqual([])
    await run(exercise.wrong)
    await staysUnmet(exercise.check)
    await run(exercise.solution)
    expect(await settled(exercise.check, true)).toMatchObject({ met: true })
  })

  /** Types lines into a shell in the lab's folder; their exit status is theirs. */
  function run(lines: string): Promise<string> {
    return new Promise((done) => {
      const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') }
      const told = (_: unknown, out: string, errors: string) => done(out + errors)
      execFile('bash', ['-c', lines], { cwd: join(root, 'manifests/workshop'), env }, told)
    })
  }

  /** A fix takes a pod a second or two to show: the check is looked at for longer than that. */
  async function staysUnmet(check: CheckBlock): Promise<void> {
    const states: CheckState[] = []
    const stop = watchCheck({ api: lease.client, query: () => () => {} }, check, (state) => states.push(state))
    await new Promise((done) => setTimeout(done, 3000))
    stop()
    expect(states.length).toBeGreaterThan(0)
    expect(states.filter(({ met }) => met)).toEqual([])
  }

  /** How a check stands once it is as it should be, or at last. */
  async function settled(check: CheckBlock, met: boolean): Promise<CheckState> {
    const states: CheckState[] = []
    const stop = watchCheck({ api: lease.client, query: () => () => {} }, check, (state) => states.push(state))
    await expect.poll(() => states.at(-1), { timeout: 40_000, message: check.title }).toMatchObject({ met })
    stop()
    return states.at(-1) ?? { met: false, conditions: [] }
  }
})
