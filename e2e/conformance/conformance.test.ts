import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { findSome } from '../../server/tools/find-tools.ts'
import { compareRecordings, readRecording, runScenario } from './scenario.ts'
import { startSimulation } from './simulated.ts'

/** The scenarios in which the simulated cluster answers as the real one did, every step. The list only grows. */
const scenarios = ['01-create-scale-expose', '03-apply', '05-bad-input', '08-storage', '09-quarantine']

const here = (...path: string[]) => join(import.meta.dirname, ...path)

describe('the simulated cluster answers as the real one did', () => {
  let kubectl: string | undefined
  beforeAll(async () => {
    const tools = await findSome(['kubectl'])
    if (!tools.kubectl.found) throw new Error(`${tools.kubectl.why} ${tools.kubectl.howToGet}`)
    kubectl = tools.kubectl.path
  })

  it.concurrent.each(scenarios)('in %s', async (name) => {
    const simulation = await startSimulation()
    try {
      const answered = await runScenario(here('scenarios', `${name}.txt`), { kubeconfig: simulation.kubeconfig, kubectl })
      expect(compareRecordings(readRecording(here('golden', `${name}.json`)), answered)).toEqual([])
    } finally {
      await simulation.stop()
    }
  })
})
