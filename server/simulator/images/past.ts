import type { LedgerPast } from './ledger.ts'
import type { LogRecord } from './logs.ts'
import type { Entry, FilesPast } from '../shell/files.ts'

/** What a container of a forked cluster carries over. Plain data, so that names in it can be replaced. */
export interface ContainerPast {
  readonly ledger: LedgerPast | undefined
  readonly records: readonly LogRecord[]
  readonly files: FilesPast
}

/** Everything that a cluster's containers and volumes hold and its API's objects do not say. Nobody changes it. */
export interface RuntimePast {
  /** By container id; only those that have written something. */
  readonly containers: { readonly [id: string]: ContainerPast }
  /** The files of writable volumes, by key. */
  readonly volumes: readonly (readonly [string, readonly (readonly [string, Entry])[]])[]
}
