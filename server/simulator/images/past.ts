import type { LedgerPast } from './ledger.ts'
import type { FlowSegment, LogRecord } from './logs.ts'
import type { PushedPast } from '../metrics/pushed.ts'
import type { RedisPast } from './redis-store.ts'
import type { Entry, FilesPast } from '../shell/files.ts'

/** What a container of a forked cluster carries over. Plain data, so that names in it can be replaced. */
export interface ContainerPast {
  readonly ledger: LedgerPast | undefined
  readonly records: readonly LogRecord[]
  readonly files: FilesPast
  /** What the steady load has made it log. */
  readonly flows?: readonly FlowSegment[]
  /** How its probes have ended, by kind. */
  readonly probes?: readonly (readonly [string, ProbeCount])[]
  /** What has been pushed to it, if it is a Pushgateway. */
  readonly pushes?: PushedPast
  /** The keys of its Redis server. */
  readonly redis?: RedisPast
}

/** How probes of one kind have ended. */
export interface ProbeCount {
  readonly successful: number
  readonly failed: number
}

/** Everything that a cluster's containers and volumes hold and its API's objects do not say. Nobody changes it. */
export interface RuntimePast {
  /** By container id; only those that have written something. */
  readonly containers: { readonly [id: string]: ContainerPast }
  /** The files of writable volumes, by key. */
  readonly volumes: readonly (readonly [string, readonly (readonly [string, Entry])[]])[]
}
