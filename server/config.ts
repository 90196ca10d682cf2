import { resolve } from 'node:path'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { z } from 'zod'
import { UserError } from './kernel/user-error.ts'

const Port = z.coerce.number().int().min(0).max(65_535)

/** Where attendees' clusters come from. */
export type ClustersChoice =
  | { readonly kind: 'simulated'; readonly images?: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'kubeconfig'; readonly folder: string }

export interface PresentConfig {
  readonly command: 'present'
  readonly deck: string
  readonly port: number
  readonly host: string | undefined
  readonly share: boolean
  readonly state: string
  readonly json: boolean
  readonly clusters: ClustersChoice
}

export interface ReplayConfig {
  readonly command: 'replay'
  readonly session: string | undefined
  readonly port: number
  readonly state: string
  readonly json: boolean
}

/** What a command line asks for. */
export type Config = PresentConfig | ReplayConfig | { readonly command: 'help'; readonly text: string }

export const DEFAULT_DECK = 'slides/kubernetes-monitoring/deck.md'
const DEFAULT_PORT = '4600'
const DEFAULT_STATE = '.state'

const presentOptions = {
  port: { type: 'string', default: DEFAULT_PORT },
  host: { type: 'string' },
  share: { type: 'boolean', default: false },
  state: { type: 'string', default: DEFAULT_STATE },
  json: { type: 'boolean', default: false },
  clusters: { type: 'string', default: 'simulated' },
  images: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsOptionsConfig

const replayOptions = {
  port: presentOptions.port,
  state: presentOptions.state,
  json: presentOptions.json,
  help: presentOptions.help,
} as const satisfies ParseArgsOptionsConfig

const PRESENT_HELP = `Starts a workshop: slides, and a terminal with a Kubernetes cluster for everyone who joins.

  present [DECK] [OPTIONS]

  DECK            a Markdown file, or a folder with a deck.md; ${DEFAULT_DECK} unless told
  --port PORT     the port of all pages; ${DEFAULT_PORT} unless told, 0 for any that is free
  --share         opens it to the room, and prints the address to open there
  --host ADDRESS  listens on this address instead
  --state DIR     keeps sessions in DIR; ${DEFAULT_STATE} unless told
  --clusters simulated           everyone gets a simulated cluster (this is the default)
  --images FOLDER                and they know the images described there (manifests/simulator/images.md)
  --clusters kubeconfig:FOLDER   everyone gets one of the clusters whose kubeconfigs lie in FOLDER
  --clusters none                no clusters
  --json          prints one line of JSON with the addresses when ready, and nothing else on stdout
  --help          this text
`

const REPLAY_HELP = `Plays a session that was recorded.

  replay [SESSION] [OPTIONS]

  SESSION      a session's name, a folder in DIR/sessions; the newest unless told
  --port PORT  the port of the page; ${DEFAULT_PORT} unless told, 0 for any that is free
  --state DIR  where sessions are kept; ${DEFAULT_STATE} unless told
  --json       prints one line of JSON with the address when ready, and nothing else on stdout
  --help       this text
`

/** Reads a command line. @throws UserError 'bad-arguments', in one sentence that names what is wrong */
export function parseConfig(command: 'present' | 'replay', argv: readonly string[]): Config {
  return command === 'present' ? parsePresent(argv) : parseReplay(argv)
}

function parsePresent(argv: readonly string[]): Config {
  const { values, positionals } = read(argv, presentOptions)
  if (values.help) return { command: 'help', text: PRESENT_HELP }
  return {
    command: 'present',
    deck: atMostOne(positionals, 'one deck') ?? DEFAULT_DECK,
    port: portOf(values.port),
    host: values.host === undefined ? undefined : hostOf(values.host),
    share: values.share,
    state: resolve(values.state),
    json: values.json,
    clusters: clustersOf(values.clusters, values.images),
  }
}

function parseReplay(argv: readonly string[]): Config {
  const { values, positionals } = read(argv, replayOptions)
  if (values.help) return { command: 'help', text: REPLAY_HELP }
  return {
    command: 'replay',
    session: atMostOne(positionals, 'one session'),
    port: portOf(values.port),
    state: resolve(values.state),
    json: values.json,
  }
}

function read<Options extends ParseArgsOptionsConfig>(argv: readonly string[], options: Options) {
  for (const argument of argv) {
    if (argument === '--') break
    if (!argument.startsWith('--')) continue
    const name = argument.slice(2).split('=')[0] ?? ''
    if (!Object.hasOwn(options, name)) throw bad(`There is no option --${name}. ${suggestion(name, Object.keys(options))}`)
  }
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (cause) {
    throw new UserError('bad-arguments', sentenceOf(cause), cause)
  }
}

/** What Node says about a wrong command line, as one sentence of ours. */
function sentenceOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  const option = /'(?:-\w, )?(--?[\w-]+)/.exec(message)?.[1] ?? 'an option'
  if (/argument missing|is ambiguous/.test(message)) return `${option} needs a value.`
  if (/does not take an argument/.test(message)) return `${option} takes no value.`
  return `There is no option ${option}. --help lists what there is.`
}

function portOf(value: string): number {
  const parsed = /^\d+$/.test(value) ? Port.safeParse(value) : undefined
  if (!parsed?.success) throw bad(`--port ${value} is not a port: give a number from 0 (any that is free) to 65535.`)
  return parsed.data
}

function hostOf(value: string): string {
  if (!/^[A-Za-z0-9.:_-]+$/.test(value)) throw bad(`--host ${value} is not an address: give one of this machine, such as 127.0.0.1.`)
  return value
}

function clustersOf(value: string, images: string | undefined): ClustersChoice {
  if (images !== undefined && value !== 'simulated') throw bad('--images goes with simulated clusters only.')
  if (value === 'simulated') return { kind: value, ...(images !== undefined && { images: resolve(images) }) }
  if (value === 'none') return { kind: value }
  if (value.startsWith('kubeconfig:') && value.length > 'kubeconfig:'.length)
    return { kind: 'kubeconfig', folder: resolve(value.slice('kubeconfig:'.length)) }
  throw bad(`--clusters ${value} is not known: give simulated, none, or kubeconfig:FOLDER.`)
}

function atMostOne(positionals: readonly string[], what: string): string | undefined {
  if (positionals.length > 1) throw bad(`Only ${what} can be given, and ${positionals.slice(0, 3).join(', ')} are ${positionals.length}.`)
  return positionals[0]
}

function suggestion(wrong: string, names: readonly string[]): string {
  const nearest = names.map((name) => ({ name, distance: distance(wrong, name) })).toSorted((a, b) => a.distance - b.distance)[0]
  if (nearest && nearest.distance <= Math.max(2, Math.floor(wrong.length / 3))) return `Did you mean --${nearest.name}?`
  return `The options are ${names.map((name) => `--${name}`).join(', ')}.`
}

/** How many letters to add, drop or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function bad(say: string): UserError {
  return new UserError('bad-arguments', say)
}
