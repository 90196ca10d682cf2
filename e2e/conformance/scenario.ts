import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { z } from 'zod'

/** One line of a scenario; README.md says how they are written. */
type Step =
  | { readonly kind: 'file'; readonly name: string; body: string }
  | { readonly kind: 'sleep'; readonly seconds: number }
  | { readonly kind: 'run'; readonly command: string; readonly sorted: boolean; readonly quiet: boolean }
  | { readonly kind: 'until'; readonly command: string; readonly pattern: string; readonly seconds: number }

const Result = z.object({ cmd: z.string(), code: z.number(), out: z.string(), until: z.string().optional(), met: z.boolean().optional() })
type Result = z.infer<typeof Result>

const Recording = z.object({ name: z.string(), results: z.array(Result) })
export type Recording = z.infer<typeof Recording>

/** A step that was answered otherwise than by the real cluster. */
export interface Difference {
  readonly scenario: string
  readonly step: number
  readonly command: string
  readonly real: string
  readonly here: string
}

/** The environment in which a scenario's commands run. */
export interface Place {
  readonly kubeconfig: string
  /** Which kubectl; the one on the PATH unless told. */
  readonly kubectl?: string
}

/** @throws Error for a line that is none of the kinds */
export function parseScenario(text: string): Step[] {
  const steps: Step[] = []
  let file: Extract<Step, { kind: 'file' }> | undefined
  for (const line of text.split('\n')) {
    if (file) {
      if (line === '@end') file = undefined
      else file.body += `${line}\n`
      continue
    }
    const step = parseLine(line)
    if (step) steps.push(step)
    if (step?.kind === 'file') file = step
  }
  return steps
}

function parseLine(line: string): Step | undefined {
  const file = /^@file (\S+)$/.exec(line)
  if (file?.[1]) return { kind: 'file', name: file[1], body: '' }
  const until = /^@until (.+?)(?: (\d+)s)? :: (.*)$/.exec(line)
  if (until) return { kind: 'until', pattern: until[1] ?? '', seconds: Number(until[2] ?? 60), command: until[3] ?? '' }
  const sleep = /^@sleep (\d+)$/.exec(line)
  if (sleep) return { kind: 'sleep', seconds: Number(sleep[1]) }
  const run = /^(?:@(sorted|quiet) )?\$ (.*)$/.exec(line)
  if (run) return { kind: 'run', command: run[2] ?? '', sorted: run[1] === 'sorted', quiet: run[1] === 'quiet' }
  if (line.trim() === '' || line.startsWith('#')) return undefined
  throw new Error(`unreadable scenario line: ${line}`)
}

/** Masks what may differ between two correct clusters: the random parts of names, ages, addresses, ids, widths. */
export function normalise(text: string, namespace: string): string {
  const masked = masks.reduce((so, [pattern, mask]) => so.replace(pattern, mask), text.replaceAll(namespace, '<ns>'))
  return masked
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trimEnd())
    .join('\n')
    .trim()
}

/** In this order: a later mask sees what the earlier ones made. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\bworkshop-vm-\w\w-\d\d\b/g, '<node>'],
  [/^.*\b(Pulled|Pulling)\b.*$\n?/gm, ''],
  [/(Failed to pull image "[^"]*").*$/gm, '$1'],
  [/\d+(?=.*nodes are available)|(?<=nodes are available.*)\d+/g, '<n>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<ts>'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} UTC/g, '<ts>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<ts>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/-[0-9a-f]{8,10}-[a-z0-9]{5}\b/g, '-<hash>-<rand>'],
  [/\b([a-z][a-z0-9-]*)-(?=[a-z0-9]*\d)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1-<rand>'],
  [/\b([a-z][a-z0-9-]*)-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1-<rand>'],
  [/-[bcdf4-9]{8,10}\b/g, '-<hash>'],
  [/pod-template-hash=[0-9a-z]+/g, 'pod-template-hash=<hash>'],
  [/\b(\w[\w-]*)-(?=[0-9a-f]*\d)[0-9a-f]{8,10}\b/g, '$1-<hash>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<ip>'],
  [/sha256:[0-9a-f]{12,64}/g, 'sha256:<digest>'],
  [/containerd:\/\/[0-9a-f]{12,64}/g, 'containerd://<id>'],
  [/\b(\d+y)?(\d+d)?(\d+h)?(\d+m)?\d+(\.\d+)?(s|ms|m|h|d)\b(?! ?[iB])/g, '<age>'],
  [/\(x\d+ over <age>\)/g, '(x<n> over <age>)'],
  [/resourceVersion: "?\d+"?/g, 'resourceVersion: <rv>'],
  [/"resourceVersion": "\d+"/g, '"resourceVersion": "<rv>"'],
  // The recorded cluster's distribution, and kubectl's own log.
  [/^.*openshift.*$\n?/gm, ''],
  [/^[EIW]\d{4} .*$\n?/gm, ''],
  [/^service-ca\.crt$\n?/gm, ''],
  [/^tar: .*$\n?/gm, ''],
  [/"[0-9a-f]{64}"/g, '"<id>"'],
  [/^(Warning: version difference|WARNING: version difference).*$\n?/gm, ''],
]

const sleep = (millis: number) => new Promise<void>((done) => setTimeout(done, millis))

type Shell = (command: string, seconds?: number) => Promise<{ readonly code: number; readonly out: string }>

function shellIn(folder: string, environment: NodeJS.ProcessEnv): Shell {
  return (command, seconds = 90) =>
    new Promise((done) => {
      // Bash takes a socket for its input for a remote login, and would read this machine's ~/.bashrc.
      execFile('bash', ['--norc', '-c', command], { cwd: folder, env: environment, timeout: seconds * 1000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 124) : 0
        done({ code, out: stdout + stderr })
      })
    })
}

let namespaces = 0

/** Runs a scenario in a namespace and a folder of its own. */
export async function runScenario(path: string, { kubeconfig, kubectl }: Place): Promise<Recording> {
  const name = basename(path, '.txt')
  const folder = mkdtempSync(join(tmpdir(), `scenario-${name}-`))
  const unique = (Date.now().toString(36).slice(-5) + String(namespaces++)).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))
  const namespace = `s${unique}`
  const own = join(folder, 'kubeconfig')
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    NS: namespace,
    KUBECONFIG: own,
    KUBE_EDITOR: process.env['KUBE_EDITOR'] ?? 'cat',
    TERM: 'dumb',
    COLUMNS: '200',
    PATH: (kubectl ? dirname(kubectl) + delimiter : '') + (process.env['PATH'] ?? ''),
  }
  const shell = shellIn(folder, environment)
  try {
    writeFileSync(own, readFileSync(kubeconfig))
    await shell(`kubectl create namespace ${namespace} && kubectl config set-context --current --namespace=${namespace}`)
    for (let tries = 0; tries < 50 && (await shell('kubectl get serviceaccount default')).code !== 0; tries++) await sleep(100)
    const results: Result[] = []
    for (const step of parseScenario(readFileSync(path, 'utf8'))) {
      const result = await runStep(step, { folder, namespace, shell })
      if (result) results.push(result)
    }
    await shell(`kubectl delete namespace ${namespace} --wait=false`)
    return { name, results }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runStep(step: Step, { folder, namespace, shell }: { folder: string; namespace: string; shell: Shell }): Promise<Result | undefined> {
  switch (step.kind) {
    case 'file':
      mkdirSync(dirname(join(folder, step.name)), { recursive: true })
      writeFileSync(join(folder, step.name), step.body.replaceAll('$NS', namespace))
      return undefined
    case 'sleep':
      await sleep(step.seconds * 1000)
      return undefined
    case 'run': {
      const { code, out } = await shell(step.command)
      if (step.quiet) return undefined
      const lines = normalise(out, namespace)
      return { cmd: step.command, code, out: step.sorted ? sortLines(lines) : lines }
    }
    case 'until': {
      const pattern = new RegExp(step.pattern, 'm')
      const deadline = Date.now() + step.seconds * 1000
      let last = await shell(step.command, 30)
      while (!pattern.test(last.out) && Date.now() < deadline) {
        await sleep(250)
        last = await shell(step.command, 30)
      }
      return { cmd: step.command, until: step.pattern, met: pattern.test(last.out), code: last.code, out: normalise(last.out, namespace) }
    }
  }
}

const sortLines = (text: string) => text.split('\n').toSorted().join('\n')

/** @throws when there is no recording of that name */
export function readRecording(path: string): Recording {
  return Recording.parse(JSON.parse(readFileSync(path, 'utf8')))
}

/** Every step of `real` that was answered otherwise `here`. */
export function compareRecordings(real: Recording, here: Recording): Difference[] {
  // Recordings made earlier were masked by fewer masks.
  const shown = (result: Result | undefined) => `${normalise(result?.out ?? '', '\0')}\n(exit ${result?.code ?? 'none'})`
  return real.results.flatMap((result, step) => {
    const got = here.results[step]
    const difference = { scenario: real.name, step, command: result.cmd, real: shown(result), here: shown(got) }
    return difference.real === difference.here ? [] : [difference]
  })
}
