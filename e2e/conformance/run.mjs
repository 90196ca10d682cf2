#!/usr/bin/env node
// Runs scenarios and compares the answers with what a real cluster answered.
//
//   node run.mjs [--only PART-OF-A-NAME] [--show] [--json FILE] [--record]
//
// With KUBECONFIG set it asks that cluster, otherwise a simulated one that it starts for each scenario.
// Needs Node 24: `.tools/node/bin/node` when the machine's own is older.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, show: { type: 'boolean' }, json: { type: 'string' }, record: { type: 'boolean' } },
})
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`This needs Node 24 or newer and runs on ${process.version}. Try .tools/node/bin/node.`)
  process.exit(1)
}
const { compareRecordings, readRecording, runScenario } = await import('./scenario.ts')
const { startSimulation } = await import('./simulated.ts')

const here = (...path) => join(import.meta.dirname, ...path)
const kubectl = process.env.KUBECTL

/** @param {string} name */
async function answersTo(name) {
  const given = process.env.KUBECONFIG
  const simulation = given ? undefined : await startSimulation()
  try {
    return await runScenario(here('scenarios', `${name}.txt`), { kubeconfig: given ?? simulation.kubeconfig, kubectl })
  } finally {
    await simulation?.stop()
  }
}

const names = readdirSync(here('scenarios')).map((file) => file.replace(/\.txt$/, '')).filter((name) => name.includes(values.only)).toSorted()
const differences = []
let total = 0
for (const name of names) {
  const answered = await answersTo(name)
  if (values.record) {
    writeFileSync(here('golden', `${name}.json`), `${JSON.stringify(answered, null, 2)}\n`)
    console.log(`recorded ${name}: ${answered.results.length} steps`)
    continue
  }
  const real = readRecording(here('golden', `${name}.json`))
  const found = compareRecordings(real, answered)
  differences.push(...found)
  total += real.results.length
  console.log(`${found.length === 0 ? 'same   ' : 'DIFFERS'} ${name}: ${real.results.length - found.length}/${real.results.length}`)
  if (values.show) for (const { step, command, real: wanted, here: got } of found) console.log(`--- ${name} #${step}: ${command}\nreal:\n${wanted}\nhere:\n${got}\n`)
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(differences, null, 2)}\n`)
if (!values.record) {
  console.log(`${total - differences.length}/${total} steps answer as the real cluster did`)
  process.exitCode = differences.length === 0 ? 0 : 1
}
