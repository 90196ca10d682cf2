import { join } from 'node:path'
import pinned from './pinned.json' with { type: 'json' }
import { isAtLeast, isExecutable, lastWords, onPath, run, TOOLS, versionIn } from './machine.ts'

/** Whether a tool is there and works, and if not, why and how to get it. */
export type ToolFinding =
  | { readonly found: true; readonly path: string; readonly version: string }
  | { readonly found: false; readonly why: string; readonly howToGet: string }

export interface Tools {
  readonly kubectl: ToolFinding
  readonly prometheus: ToolFinding
  /** Found means tried: a sandbox really started on this machine. */
  readonly bubblewrap: ToolFinding
  readonly socat: ToolFinding
  readonly editor: ToolFinding
  readonly chromium: ToolFinding
  readonly iproute2: ToolFinding
  /** VictoriaMetrics' agent, which finds targets in Kubernetes as Prometheus does. */
  readonly vmagent: ToolFinding
  /** Prometheus' own judge of metrics pages. */
  readonly promtool: ToolFinding
}

export type ToolName = keyof Tools

interface Recipe {
  /** The names it goes by on PATH, best first. */
  readonly names: readonly string[]
  /** Where bootstrap puts one of its own, under `.tools/`. */
  readonly own: readonly string[]
  /** Asks one candidate; answers its version, or why it is no good. */
  readonly ask: (path: string) => Promise<{ version: string } | { why: string }>
  readonly howToGet: string
}

const RECIPES: Readonly<Record<ToolName, Recipe>> = {
  kubectl: {
    names: ['kubectl'],
    own: ['kubectl/kubectl'],
    ask: async (path) => {
      const version = kubectlVersion((await run(path, ['version', '--client', '-o', 'json'])).stdout)
      if (!version) return { why: `${path} does not say its version` }
      if (isAtLeast(version, pinned.kubectl.minimum)) return { version }
      return { why: `${path} is ${version}, and ${pinned.kubectl.minimum} or newer is needed` }
    },
    howToGet: 'Install kubectl 1.30 or newer: https://kubernetes.io/docs/tasks/tools/ (Debian’s own package is too old).',
  },
  prometheus: {
    names: ['prometheus'],
    own: ['prometheus/prometheus'],
    ask: asking(['--version'], pinned.prometheus.minimum),
    howToGet: 'Debian and Ubuntu: apt-get install prometheus. Otherwise: https://prometheus.io/download/',
  },
  bubblewrap: {
    names: ['bwrap'],
    own: ['bubblewrap/bwrap'],
    ask: trySandbox,
    howToGet: 'Linux only. Debian and Ubuntu: apt-get install bubblewrap; in a container, user namespaces must be allowed.',
  },
  socat: {
    names: ['socat'],
    own: ['socat/socat'],
    ask: asking(['-V']),
    howToGet: 'Debian and Ubuntu: apt-get install socat. macOS: brew install socat.',
  },
  editor: {
    names: ['nano', 'vim', 'vi'],
    own: [],
    // An editor is not worth a process at every start: whoever asks wants its path.
    ask: async () => ({ version: 'installed' }),
    howToGet: 'Install nano or vim.',
  },
  chromium: {
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    own: [],
    ask: async () => ({ version: 'installed' }),
    howToGet: 'Only the browser tests and PDF export need it. Debian: apt-get install chromium, or name one in CHROMIUM.',
  },
  iproute2: {
    names: ['ip'],
    own: [],
    ask: async () => ({ version: 'installed' }),
    howToGet: 'Only the browser tests need it. Debian and Ubuntu: apt-get install iproute2.',
  },
  vmagent: {
    names: ['vmagent'],
    own: ['vmagent/vmagent'],
    ask: async () => ({ version: 'installed' }),
    howToGet: 'Only a test of service discovery needs it. Debian and Ubuntu: apt-get install victoria-metrics.',
  },
  promtool: {
    names: ['promtool'],
    own: ['prometheus/promtool'],
    ask: async () => ({ version: 'installed' }),
    howToGet: 'Only tests of metrics pages need it. Debian and Ubuntu: apt-get install prometheus.',
  },
}

/** Looks for every tool, on PATH and in `.tools/`, all at once; nothing is remembered, so what it says is true now. */
export function findTools(): Promise<Tools> {
  return findSome(Object.keys(RECIPES) as ToolName[]) as Promise<Tools>
}

/** Looks for some of them. */
export async function findSome<Name extends ToolName>(names: readonly Name[]): Promise<Pick<Tools, Name>> {
  const findings = await Promise.all(names.map(async (name) => [name, await find(RECIPES[name], candidates(name))] as const))
  return Object.fromEntries(findings) as Pick<Tools, Name>
}

function candidates(name: ToolName): string[] {
  const recipe = RECIPES[name]
  const named = name === 'chromium' ? process.env['CHROMIUM'] : undefined
  const own = recipe.own.map((path) => join(TOOLS, path)).filter(isExecutable)
  return [...(named ? [named] : []), ...recipe.names.flatMap((each) => onPath(each)), ...own]
}

async function find(recipe: Recipe, paths: readonly string[]): Promise<ToolFinding> {
  let why: string | undefined
  for (const path of paths) {
    const answer = await recipe.ask(path)
    if ('version' in answer) return { found: true, path, version: answer.version }
    why ??= answer.why
  }
  return { found: false, why: why ?? 'not installed', howToGet: recipe.howToGet }
}

/** The version in what `kubectl version --client -o json` prints, such as `1.32.4`. */
export function kubectlVersion(json: string): string | undefined {
  try {
    const said: unknown = JSON.parse(json)
    const text = (said as { clientVersion?: { gitVersion?: unknown } }).clientVersion?.gitVersion
    return typeof text === 'string' ? versionIn(text) : undefined
  } catch {
    return undefined
  }
}

function asking(args: readonly string[], minimum?: string): Recipe['ask'] {
  return async (path) => {
    const { ok, stdout, stderr } = await run(path, args)
    const version = versionIn(stdout || stderr)
    if (!ok || !version) return { why: `${path} does not run: ${lastWords(stderr)}` }
    if (minimum && !isAtLeast(version, minimum)) return { why: `${path} is ${version}, and ${minimum} or newer is needed` }
    return { version }
  }
}

/**
 * Whether a sandbox really starts: many containers and some distributions forbid the namespaces it is made of.
 * The folder is bound read-only at its own place, as an attendee's shell has it.
 */
async function trySandbox(path: string): Promise<{ version: string } | { why: string }> {
  const sandbox = ['--unshare-user', '--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev']
  const [tried, named] = await Promise.all([run(path, [...sandbox, 'true'], { timeoutMs: 5000 }), run(path, ['--version'])])
  if (tried.ok) return { version: versionIn(named.stdout) ?? 'unknown' }
  return { why: `${path} is there, but no sandbox starts here: ${lastWords(tried.stderr)}` }
}
