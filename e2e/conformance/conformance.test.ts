import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { findSome } from '../../server/tools/find-tools.ts'
import { askWith } from './client.ts'
import { compareObjects } from './refusals.ts'
import { compareRequests } from './requests.ts'
import { compareRecordings, readRecording, runScenario } from './scenario.ts'
import { startSimulation } from './simulated.ts'
import type { Difference } from './scenario.ts'

const here = (...path: string[]) => join(import.meta.dirname, ...path)
const scenarios = readdirSync(here('scenarios')).map((file) => file.replace(/\.txt$/, '')).toSorted()

/** Steps that are answered otherwise, and why; whoever mends one takes it off the list. */
const known = z.record(z.string(), z.record(z.string(), z.string())).parse(JSON.parse(readFileSync(here('known-differences.json'), 'utf8')))

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
      expectNoneBut(known[name] ?? {}, compareRecordings(readRecording(here('golden', `${name}.json`)), answered))
    } finally {
      await simulation.stop()
    }
  })

  it.concurrent('to objects that it refuses, and to those that it completes', async () => {
    const simulation = await startSimulation()
    try {
      const ask = askWith(simulation.kubeconfig)
      expectNoneBut(known['validation'] ?? {}, (await compareObjects(ask, here('validation.json'))).differences)
      expectNoneBut(known['defaulting'] ?? {}, (await compareObjects(ask, here('defaulting.json'))).differences)
    } finally {
      await simulation.stop()
    }
  })

  it.concurrent('to raw requests', async () => {
    const simulation = await startSimulation()
    try {
      const { differences } = await compareRequests(askWith(simulation.kubeconfig), here('requests.json'), here('requests-golden.json'))
      expectNoneBut(known['requests'] ?? {}, differences)
    } finally {
      await simulation.stop()
    }
  })
})

function expectNoneBut(listed: { readonly [step: string]: string }, differences: readonly Difference[]): void {
  expect(differences.filter(({ step }) => listed[String(step)] === undefined)).toEqual([])
  const mended = Object.keys(listed).filter((step) => !differences.some((difference) => String(difference.step) === step))
  expect(mended, 'these steps are answered as the real cluster did: take them off known-differences.json').toEqual([])
}
