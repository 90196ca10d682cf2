#!/usr/bin/env node
// Runs scenarios and compares the answers with what a real cluster answered.
//
//   node run.mjs [--only PART-OF-A-NAME] [--repeat N] [--show] [--json FILE] [--record]
//
// With KUBECONFIG set it asks that cluster, otherwise a simulated one that it starts for each scenario.
// Needs Node 24: `.tools/node/bin/node` when the machine's own is older.
import { readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, show: { type: 'boolean' }, repeat: { type: 'string', default: '1' }, json: { type: 'string' }, record: { type: 'boolean' } },
})
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`This needs Node 24 or newer and runs on ${process.version}. Try .tools/node/bin/node.`)
  process.exit(1)
}
const { compareRecordings, readRecording, runScenario } = await import('./scenario.ts')
const { startSimulation } = await import('./simulated.ts')
const { askWith } = await import('./client.ts')
const { compareObjects } = await import('./refusals.ts')
const { compareRequests } = await import('./requests.ts')

const here = (...path) => join(import.meta.dirname, ...path)
const kubectl = process.env.KUBECTL

/** What each recording is compared by: differences and how many answers there were. */
const comparisons = {
  validation: async (kubeconfig) => compareObjects(askWith(kubeconfig), here('validation.json')),
  defaulting: async (kubeconfig) => compareObjects(askWith(kubeconfig), here('defaulting.json')),
  requests: async (kubeconfig) => compareRequests(askWith(kubeconfig), here('requests.json'), here('requests-golden.json')),
}

/** @param {string} name @returns {Promise<{total: number, differences: readonly import('./scenario.ts').Difference[]}>} */
async function compare(name) {
  const given = process.env.KUBECONFIG
  const simulation = given ? undefined : await startSimulation()
  const kubeconfig = given ?? simulation.kubeconfig
  try {
    if (Object.hasOwn(comparisons, name)) return await comparisons[name](kubeconfig)
    const answered = await runScenario(here('scenarios', `${name}.txt`), { kubeconfig, kubectl })
    if (values.record) {
      writeFileSync(here('golden', `${name}.json`), `${JSON.stringify(answered, null, 2)}\n`)
      return { total: answered.results.length, differences: [] }
    }
    const real = readRecording(here('golden', `${name}.json`))
    return { total: real.results.length, differences: compareRecordings(real, answered) }
  } finally {
    await simulation?.stop()
  }
}

const scenarios = readdirSync(here('scenarios')).map((file) => file.replace(/\.txt$/, ''))
const names = [...scenarios, ...(values.record ? [] : Object.keys(comparisons))].filter((name) => name.includes(values.only)).toSorted()
const queue = Array.from({ length: Number(values.repeat) }, (_, round) => names.map((name) => ({ name, round }))).flat()
const differences = []
let total = 0

/** Side by side on clusters of their own; one after another on a cluster that is given. */
async function work() {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const compared = await compare(next.name)
    differences.push(...compared.differences)
    total += compared.total
    const verdict = values.record ? 'recorded' : compared.differences.length === 0 ? 'same    ' : 'DIFFERS '
    console.log(`${verdict} ${next.name}: ${compared.total - compared.differences.length}/${compared.total}`)
    if (values.show) for (const { step, command, real, here: got } of compared.differences) console.log(`--- ${next.name} #${step}: ${command}\nreal:\n${real}\nhere:\n${got}\n`)
  }
}
await Promise.all(Array.from({ length: process.env.KUBECONFIG ? 1 : availableParallelism() * 2 }, work))
if (values.json) writeFileSync(values.json, `${JSON.stringify(differences, null, 2)}\n`)
if (!values.record) {
  console.log(`${total - differences.length}/${total} answers are as the real cluster's`)
  process.exitCode = differences.length === 0 && total > 0 ? 0 : 1
}
