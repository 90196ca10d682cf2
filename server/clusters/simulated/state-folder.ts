import { randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../kernel/user-error.ts'
import type { RuntimePast } from '../../simulator/images/past.ts'
import { RedisPastSchema } from '../../simulator/images/redis-store.ts'
import type { TokenKey } from '../../simulator/platform.ts'
import type { Journal, SavedCluster } from '../../simulator/time/journal.ts'
import { createServerCertificate, restoreServerCertificate } from './certificates.ts'
import type { CertificateAuthority } from './certificates.ts'
import { openJournal, readJournal } from './journal-file.ts'
import { newTokenKey, tokenKeyOf } from './token-key.ts'

/** Who the cluster is to its clients: their kubeconfigs stay good as long as this does. */
const Identity = z.strictObject({
  deckhand: z.literal('cluster'),
  format: z.literal(1),
  nodes: z.array(z.string()).min(1),
  port: z.int().min(1).max(65_535).optional(),
  /** Hex; the cluster's own secret. */
  signingKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** PEM; service accounts' tokens are signed with it. */
  tokenKey: z.string().startsWith('-----BEGIN PRIVATE KEY-----').optional(),
  certificates: z.strictObject({ key: z.string(), certificate: z.string(), certificateAuthority: z.string(), authorityKey: z.string() }),
})
type Identity = z.infer<typeof Identity>

const Entry = z.union([
  z.looseObject({ kind: z.literal('file'), content: z.string(), mode: z.int(), modified: z.number() }),
  z.looseObject({ kind: z.literal('directory'), mode: z.int(), modified: z.number() }),
  z.looseObject({ kind: z.literal('link'), target: z.string(), modified: z.number() }),
])
const Files = z.array(z.tuple([z.string(), Entry]))
const Ledger = z.strictObject({
  counts: z.array(
    z.looseObject({
      what: z.enum(['served', 'called']),
      method: z.string(),
      route: z.string(),
      status: z.string(),
      count: z.number(),
      seconds: z.number(),
      buckets: z.array(z.number()),
    }),
  ),
  cpuMillis: z.number(),
  leakBytes: z.number(),
  throttledSeconds: z.number(),
})
const Texts = z.record(z.string(), z.string())
const FlowLine = z.looseObject({ rate: z.number(), template: z.string(), fields: Texts, millis: z.number(), after: z.number().optional() })
const Sample = z.looseObject({ labels: Texts, value: z.number().nullable(), suffix: z.string().optional() })
const Pushed = z.looseObject({
  labels: Texts,
  at: z.number(),
  families: z.array(
    z.tuple([z.string(), z.looseObject({ name: z.string(), help: z.string(), type: z.string(), samples: z.array(Sample) })]),
  ),
})
const Past = z.strictObject({
  containers: z.record(
    z.string(),
    z.looseObject({
      ledger: Ledger.optional(),
      records: z.array(z.strictObject({ millis: z.number(), text: z.string() })),
      files: z.looseObject({ upper: Files, removed: z.array(z.string()) }),
      flows: z
        .array(z.looseObject({ cause: z.enum(['load', 'faults']), from: z.number(), to: z.number().optional(), lines: z.array(FlowLine) }))
        .optional(),
      probes: z.array(z.tuple([z.string(), z.strictObject({ successful: z.number(), failed: z.number() })])).optional(),
      pushes: z.array(z.tuple([z.string(), Pushed])).optional(),
      redis: RedisPastSchema.optional(),
    }),
  ),
  volumes: z.array(z.tuple([z.string(), Files])),
})

/** Files that containers have written are saved this long after the first of them. */
const filesAfterMillis = 1000
/** Certificates that are good for less than this are made anew, and kubeconfigs with them. */
const aDay = 86_400_000

export interface StateFolder {
  readonly certificate: CertificateAuthority
  readonly signingKey: Uint8Array
  readonly tokenKey: TokenKey
  /** Where its API was the last time, if it was. */
  readonly port: number | undefined
  /** What was there; undefined in a new folder. */
  readonly saved: SavedCluster | undefined
  readonly journal: Journal
  /** Its API is there from now on, this time and the next. */
  setPort(port: number): void
  /** Saves what is still to be saved, and lets go of the folder. */
  close(): void
}

/**
 * A folder in which one simulated cluster lives on: `cluster.json` (who it is; secrets), `objects.jsonl` (every object,
 * written down before the write is acknowledged) and `containers.json` (files and logs of containers and volumes, a second
 * later). One process at a time. @throws UserError when it is in use, damaged, or of a cluster with other nodes
 */
export async function openStateFolder(folder: string, nodes: readonly string[], report: (error: unknown) => void): Promise<StateFolder> {
  makeFolder(folder)
  const unlock = lock(folder)
  try {
    const identity = await identityIn(folder, nodes)
    const containers = join(folder, 'containers.json')
    const contents = readJournal(join(folder, 'objects.jsonl'))
    const past = readFile(containers, Past) as RuntimePast | undefined
    const journal = openJournal(join(folder, 'objects.jsonl'))
    const files = savingLater((value) => writeWhole(containers, JSON.stringify(value)), report)
    return {
      certificate: await restoreServerCertificate(identity.certificates),
      signingKey: Buffer.from(identity.signingKey, 'hex'),
      tokenKey: tokenKeyOf(() => identity.tokenKey),
      port: identity.port,
      saved: contents && { ...contents, past: past ?? { containers: {}, volumes: [] } },
      journal: {
        begin: (contents) => journal.begin(contents),
        change: (event) => journal.change(event),
        wrote: (value) => files.wrote(value),
      },
      setPort: (port) => writeIdentity(folder, { ...identity, port }),
      close() {
        files.close()
        journal.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

async function identityIn(folder: string, nodes: readonly string[]): Promise<Identity & { readonly tokenKey: string }> {
  const known = readFile(join(folder, 'cluster.json'), Identity)
  if (known && known.nodes.join() !== nodes.join())
    throw new UserError(
      'bad-state',
      `The cluster in ${folder} has ${known.nodes.length} nodes, not ${nodes.length}. Say --nodes ${known.nodes.length}, or choose another folder.`,
    )
  const good = known && new X509Certificate(known.certificates.certificate).validToDate.getTime() > Date.now() + aDay
  if (good && known.tokenKey !== undefined) return { ...known, tokenKey: known.tokenKey }
  const certificates = good ? known.certificates : await newCertificates()
  const signingKey = known?.signingKey ?? randomBytes(32).toString('hex')
  const tokenKey = known?.tokenKey ?? newTokenKey()
  const made = { ...known, deckhand: 'cluster' as const, format: 1 as const, nodes: [...nodes], signingKey, tokenKey, certificates }
  writeIdentity(folder, made)
  return made
}

async function newCertificates(): Promise<Identity['certificates']> {
  const { key, certificate, certificateAuthority, authorityKey } = await createServerCertificate()
  return { key, certificate, certificateAuthority, authorityKey }
}

function writeIdentity(folder: string, identity: Identity): void {
  writeWhole(join(folder, 'cluster.json'), JSON.stringify(identity))
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UserError('bad-state', `The folder ${folder} cannot be made: ${why}. Choose another with --state.`, cause)
  }
}

/** Whole or not at all, and for its owner only. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** @returns undefined when there is none @throws UserError when it is something else */
function readFile<T>(file: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(file)) return undefined
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new UserError(
      'bad-state',
      `${file} is damaged, or nothing of Deckhand's. Restore it from a copy, or move it away to begin anew.`,
      cause,
    )
  }
}

/** Saves what was there a while after the first of several changes, and what is left at the end. */
function savingLater<T>(save: (value: T) => void, report: (error: unknown) => void): { wrote(value: () => T): void; close(): void } {
  let waiting: { readonly timer: NodeJS.Timeout; value: () => T } | undefined
  const saveNow = () => {
    const value = waiting?.value
    clearTimeout(waiting?.timer)
    waiting = undefined
    try {
      if (value) save(value())
    } catch (error) {
      report(error)
    }
  }
  return {
    wrote(value) {
      if (waiting) waiting.value = value
      else waiting = { timer: setTimeout(saveNow, filesAfterMillis).unref(), value }
    },
    close: saveNow,
  }
}

/** A file with our process id; one of a process that is no more does not count. */
function lock(folder: string): () => void {
  const file = join(folder, 'lock')
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (holder !== process.pid && isAlive(holder))
    throw new UserError(
      'bad-state',
      `The folder ${folder} is in use by the process ${holder}. Stop it, or choose another folder with --state.`,
    )
  writeFileSync(file, String(process.pid), { mode: 0o600 })
  return () => rmSync(file, { force: true })
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
