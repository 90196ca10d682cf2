import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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

  it('knows the images that the deck brings: the one that images.md begins with, word for word', async () => {
    const guide = await readFile(join(import.meta.dirname, '../manifests/simulator/images.md'), 'utf8')
    await mkdir(join(folder, 'images'))
    await writeFile(join(folder, 'images', 'orders.yaml'), /```yaml\n(names: [^]*?)```/.exec(guide)?.[1] ?? '')
    const { code, text } = await rehearse(ownImage)
    expect(text).toContain('all as expected')
    expect(code).toBe(0)
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

  it('says in a sentence that there is no such kubeconfig, and that its cluster does not answer', async () => {
    const file = join(folder, 'kubeconfig')
    expect(await rehearse(planted, ['--cluster', file])).toMatchObject({
      code: 2,
      text: expect.stringContaining(`There is no kubeconfig at ${file}.`),
    })
    const config = {
      'clusters': [{ name: 'gone', cluster: { server: 'https://127.0.0.1:9' } }],
      'users': [{ name: 'me', user: { token: 'x' } }],
      'contexts': [{ name: 'gone', context: { cluster: 'gone', user: 'me' } }],
      'current-context': 'gone',
    }
    await writeFile(file, JSON.stringify(config))
    expect(await rehearse(planted, ['--cluster', file])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/does not answer \(.*ECONNREFUSED.*\), so nothing/),
    })
  })

  it('goes on after a command that hangs, leaves the shell or an editor, each with what an attendee would find next', async () => {
    const { code, steps } = await rehearse(odd)
    const outcome = steps.map(({ command, ok, expected }) => [command.split('\n')[0], ok ? 'ok' : expected])
    expect(outcome).toEqual([
      ['cat', 'the commands end within 2 s'],
      ['bash -c \'trap "" INT HUP; while :; do sleep 1; done\'', 'the commands end within 1 s'],
      ['kubectl -n kube-system logs -f deployment/coredns', 'ok'],
      ['cd problems', 'ok'],
      ['sleep 100 &', 'ok'],
      ['vi 1.txt', 'ok'],
      ['pwd; cat 1.txt; jobs', 'ok'],
      ['exit 3', 'the shell is still there after the commands'],
      ['pwd; printf "%s" "grüße 👋"', 'ok'],
      ['printf "x%.0s" {1..50000}', 'the output matches (x+x+)+y'],
    ])
    expect(code).toBe(1)
  })

  it('names blocks that are not written as they should be, and files that it cannot write', async () => {
    const deck = '# Typos\n\n```bash {expect="(oops"}\ntrue\n```\n\n```check\ntitle: x\nall: []\n```\n'
    const { code, steps } = await rehearse(deck)
    expect(steps.filter(({ ok }) => !ok).map(({ slide, line, kind, output }) => [slide, line, kind, output])).toEqual([
      ['typos', 3, 'deck', expect.stringContaining('"(oops" is not a regular expression (missing closing ): `(oops`)')],
      ['typos', expect.any(Number), 'deck', expect.stringContaining('all')],
    ])
    expect(code).toBe(1)
    const file = join(folder, 'nowhere', 'steps.xml')
    expect(await rehearse(deck, ['--junit', file])).toMatchObject({
      code: 2,
      text: expect.stringContaining(`Nothing can be written to ${file}`),
    })
  })

  it('stops at Ctrl-C, whatever runs, with what it had', async () => {
    const { code, text, steps } = await rehearse('# Long\n\n```bash\ntrue\n```\n\n```bash\nsleep 600\n```\n', [], (said, child) => {
      if (said.includes('true')) child.kill('SIGINT')
    })
    expect(steps.map(({ command }) => command)).toEqual(['true'])
    expect(text).toContain('Interrupted.')
    expect(code).toBe(130)
  })

  it('lists what is on other servers, and has nothing to say of a deck where nothing can break', async () => {
    const { code, text, steps } = await rehearse('# One\n\n[There](https://nowhere.invalid/) and [back](#two)\n\n---\nname: two\n# Two\n')
    expect(steps.map(({ kind, ok, checked }) => [kind, ok, checked])).toEqual([
      ['link', true, false],
      ['link', true, undefined],
    ])
    expect(text).toContain('– one:3  https://nowhere.invalid/  (not checked)')
    expect(text).toContain('all as expected; 1 of other servers not checked (--online does)')
    expect(code).toBe(0)
    expect(await rehearse('# Words\n')).toMatchObject({ code: 0, text: expect.stringContaining('There is nothing to rehearse') })
  })

  it('rehearses one slide alone, and says when there is nothing on it', async () => {
    expect((await rehearse(exercise({ wrong: false }), ['--slide', '1'])).steps.map(({ slide }) => slide)).toEqual(['nodes', 'nodes'])
    const { code, text } = await rehearse(exercise({ wrong: false }), ['--slide', 'nowhere'])
    expect([code, text]).toEqual([2, expect.stringContaining('There is no slide nowhere: this deck has 2.')])
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

const odd = `---
lab: ${join(import.meta.dirname, '../manifests/workshop')}
---
# Odd

\`\`\`bash {timeout=2s}
cat
\`\`\`

\`\`\`bash {timeout=1s}
bash -c 'trap "" INT HUP; while :; do sleep 1; done'
\`\`\`

\`\`\`bash {expect=CoreDNS}
kubectl -n kube-system logs -f deployment/coredns
\`\`\`

\`\`\`bash
cd problems
echo written > 1.txt
\`\`\`

\`\`\`bash
sleep 100 &
\`\`\`

\`\`\`bash
vi 1.txt
\`\`\`

\`\`\`bash {expect="/problems\\nwritten\\n.*sleep 100"}
pwd; cat 1.txt; jobs
\`\`\`

\`\`\`bash
exit 3
\`\`\`

\`\`\`bash {expect="^/home/attendee\\ngrüße 👋"}
pwd; printf "%s" "grüße 👋"
\`\`\`

\`\`\`bash {expect="(x+x+)+y"}
printf "x%.0s" {1..50000}
\`\`\`
`

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

const ownImage = `---
title: Orders
images: images
---

# Orders

\`\`\`bash
kubectl create deployment orders --image=acme/orders:v1
kubectl expose deployment orders --port=80 --target-port=8080
kubectl wait --for=condition=Available deployment/orders --timeout=60s
\`\`\`

\`\`\`bash {expect="served_by"}
kubectl run ask --image=curlimages/curl --restart=Never --attach -- -s --retry 20 --retry-connrefused http://orders/orders
\`\`\`

\`\`\`bash {expect="acme/orders:v9: not found" timeout=1m}
kubectl run bad --image=acme/orders:v9
until kubectl get events --field-selector involvedObject.name=bad | grep 'not found'; do sleep 1; done
\`\`\`
`

async function rehearse(
  deck: string,
  flags: readonly string[] = [],
  hear: (said: string, child: ChildProcess) => void = () => {},
): Promise<{ code: number; text: string; steps: readonly StepResult[] }> {
  const [file, json] = [join(folder, 'deck.md'), join(folder, 'steps.json')]
  await writeFile(file, deck)
  const child = spawn(process.execPath, [cli, 'rehearse', file, '--json', json, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += String(chunk)
      hear(String(chunk), child)
    })
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
