import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { plainText } from './rehearsal/plain-text.ts'
import { junitOf } from './rehearsal/report.ts'
import type { StepResult } from './rehearsal/report.ts'

const cli = join(import.meta.dirname, 'cli.ts')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deckhand-rehearse-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('rehearse', { timeout: 240_000 }, () => {
  it('runs a deck whose every step is as expected, on a simulated cluster', async () => {
    const { code, text, steps } = await rehearse(exercise({ wrong: true }))
    expect(text).toContain('all as expected')
    expect(steps.map(({ kind, ok }) => [kind, ok])).toEqual([
      ['command', true],
      ['command', true],
      ['command', true],
      ['check', true],
      ['command', true],
      ['check', true],
      ['command', true],
      ['check', true],
    ])
    expect(code).toBe(0)
  })

  it('names five planted mistakes, each with its slide, line and what was expected', async () => {
    const { code, text, steps } = await rehearse(planted)
    expect(steps.filter(({ ok }) => !ok).map(({ slide, line, kind, expected }) => [slide, line, kind, expected])).toEqual([
      ['a-wrong-exit', 4, 'command', 'the commands succeed'],
      ['a-wrong-output', 11, 'command', 'the output matches three nodes'],
      ['a-missing-image', 17, 'image', 'the image is there'],
      ['a-check-that-is-met', 24, 'check', 'the check is not met before its solution'],
      ['a-chart-without-data', 37, 'chart', 'the chart has data'],
    ])
    expect(text).toContain('5 broken')
    expect(text).toContain('Error from server (NotFound): pods "nothing" not found')
    expect(code).toBe(1)
  })

  it('runs against another API server by its kubeconfig', async () => {
    const kubeconfig = join(folder, 'kubeconfig')
    const child = spawn(process.execPath, [join(import.meta.dirname, 'simulate.ts'), '--kubeconfig', kubeconfig, '--nodes', '3'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((ready) => createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && ready()))
    try {
      const { code, steps } = await rehearse(exercise({ wrong: false }), ['--cluster', kubeconfig])
      expect(steps.find(({ command }) => command.startsWith('kubectl get nodes'))?.output).toContain('workshop-vm-00-02')
      expect(code).toBe(0)
    } finally {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  })

  it('rehearses one slide alone, and says when there is nothing on it', async () => {
    expect((await rehearse(exercise({ wrong: false }), ['--slide', '1'])).steps.map(({ slide }) => slide)).toEqual(['nodes', 'nodes'])
    const { code, text } = await rehearse(exercise({ wrong: false }), ['--slide', 'nowhere'])
    expect([code, text]).toEqual([2, expect.stringContaining('There is nothing to rehearse on slide nowhere.')])
  })
})

describe('a report', () => {
  it('is XML whatever was printed', () => {
    const step: StepResult = {
      slide: 'a"<b',
      line: 3,
      kind: 'command',
      command: 'echo "&"',
      ms: 1500,
      output: '\u001B[1m<x>',
      expected: 'x',
      ok: false,
    }
    const text = junitOf([step])
    expect(text).toContain('<testsuite name="a&quot;&lt;b" tests="1" failures="1">')
    expect(text).toContain('time="1.5"')
    expect(text).not.toContain('\u001B')
  })

  it('has an output as it would be seen', () => {
    expect(plainText('\u001B[1mbold\u001B[0m\r\n10%\r20%\r\n\u001B]133;D;0\u0007done')).toBe('bold\n20%\ndone')
  })
})

const planted = `# A wrong exit

\`\`\`bash
kubectl get pod nothing
\`\`\`

---
# A wrong output

\`\`\`bash {expect="three nodes"}
kubectl get nodes
\`\`\`

---
# A missing image

![Gone](gone.svg)

---
class: exercise

# A check that is met

\`\`\`check
title: There are nodes
all:
  - object: nodes
    atLeast: 2
\`\`\`

---
# A chart without data

Nothing of this name is measured anywhere.

\`\`\`promql
nothing_of_this_name
\`\`\`
`

const exercise = ({ wrong }: { wrong: boolean }) => `# Nodes

\`\`\`bash {expect="workshop-vm-00-01 +Ready"}
kubectl get nodes
\`\`\`

\`\`\`bash {expect-fail expect="NotFound"}
kubectl get pod nothing
\`\`\`

---
class: exercise

# Scale it

\`\`\`bash
kubectl create deployment web --image=nginx:1.27 --replicas=0
\`\`\`

\`\`\`check
title: A web server runs
all:
  - object: deployments
    namespace: default
    name: web
    field: status.readyReplicas
    atLeast: 1
\`\`\`

${wrong ? '```bash {wrong}\nkubectl delete deployment web\n```\n' : ''}
~~~~solution
\`\`\`bash
kubectl scale deployment web --replicas=1
\`\`\`
~~~~
`

async function rehearse(
  deck: string,
  flags: readonly string[] = [],
): Promise<{ code: number; text: string; steps: readonly StepResult[] }> {
  const [file, json] = [join(folder, 'deck.md'), join(folder, 'steps.json')]
  await writeFile(file, deck)
  const child = spawn(process.execPath, [cli, 'rehearse', file, '--json', json, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)))
  const [code] = (await once(child, 'close')) as [number]
  const written = await readFile(json, 'utf8').catch(() => '')
  await rm(json, { force: true })
  return {
    code,
    text,
    steps: written
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as StepResult),
  }
}
