import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSome } from '../../server/tools/find-tools.ts'
import { startSimulation } from '../conformance/simulated.ts'

let simulation: Awaited<ReturnType<typeof startSimulation>>
let kubectl: string

beforeAll(async () => {
  const found = (await findSome(['kubectl'])).kubectl
  if (!found.found) throw new Error(found.howToGet)
  kubectl = found.path
  simulation = await startSimulation()
})
afterAll(() => simulation.stop())

describe('kubectl apply --server-side of what kubectl apply made', () => {
  it('takes over its fields, removes those that it drops, and then shares them with whoever forces', async () => {
    await run(manifest('one', ['A', 'B']), 'apply', '-f', '-')
    expect(await run(manifest('two', ['A']), 'apply', '--server-side', '-f', '-')).toContain('serverside-applied')
    expect(await read('{.spec.template.spec.containers[0].env[*].name}')).toBe('A')
    expect(await read('{.metadata.managedFields[?(@.manager=="kubectl")].operation}')).toBe('Apply')
    expect(await read('{.metadata.managedFields[?(@.manager=="kubectl-client-side-apply")].operation}')).toBe('')
    await run(manifest('three', ['C']), 'apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', '-')
    expect(await read('{.spec.template.spec.containers[0].env[*].name}')).toBe('A C')
    const before = await read('{.metadata.resourceVersion}')
    await run(manifest('three', ['C']), 'apply', '--server-side', '--field-manager=other', '-f', '-')
    expect(await read('{.metadata.resourceVersion}')).toBe(before)
  })
})

async function run(input: string, ...args: string[]): Promise<string> {
  const child = spawn(kubectl, ['--kubeconfig', simulation.kubeconfig, ...args])
  child.stdin.end(input)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  return said
}

const read = (path: string) => run('', 'get', 'deployment', 'shared', '--show-managed-fields', '-o', `jsonpath=${path}`)

/** A deployment that never has a pod, so that nobody but the test writes to it. */
const manifest = (owner: string, env: readonly string[]) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shared, labels: {owner: ${owner}}}
spec:
  paused: true
  replicas: 0
  selector: {matchLabels: {app: shared}}
  template:
    metadata: {labels: {app: shared}}
    spec:
      containers:
      - name: main
        image: nginx
        env: [${env.map((name) => `{name: ${name}, value: "1"}`).join(', ')}]
`
