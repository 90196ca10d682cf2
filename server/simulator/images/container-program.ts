import { sameJson } from '../controllers/objects.ts'
import type { Pod } from '../resources/kinds.ts'
import { appFaultsOf, faulted } from './app-faults.ts'
import type { AppFaults } from './app-faults.ts'
import { settingsOf } from './conditions.ts'
import { configurationText, configured, includedFiles } from './configured.ts'
import type { ConfigContext, Configured } from './configured.ts'
import type { ProgramDocument } from './schema.ts'

/** The program of one container: its description as environment, configuration file and faults on purpose make it. */
export class ContainerProgram {
  /** What runs; undefined where the image describes no program for this command line. */
  current: ProgramDocument | undefined
  /** What its configuration keeps it from starting with: what it writes, a template, and how it ends. */
  readonly broken: { readonly message: string; readonly code: number } | undefined
  /** Lines that its environment makes it write at the start. */
  readonly says: readonly string[]
  /** Its configuration file as it was when it was last read. */
  configuration: string | undefined
  /** The files that its configuration includes, by their paths, as they were then. */
  included: ReadonlyMap<string, string> = new Map()
  faults: AppFaults
  readonly #described: ProgramDocument | undefined
  readonly #context: ConfigContext
  /** Before anything was wrong with it on purpose. */
  #sane: ProgramDocument | undefined

  constructor(program: ProgramDocument | undefined, env: Readonly<Record<string, string>>, pod: Pod, context: ConfigContext) {
    const settings = program && settingsOf(program, env)
    this.#context = context
    this.#described = settings?.program
    this.says = settings?.says ?? []
    this.faults = appFaultsOf(pod)
    const made = this.#configured()
    this.broken = made && 'message' in made ? made : undefined
    this.#sane = made && ('program' in made ? made.program : settings?.program)
    this.current = this.#sane && faulted(this.#sane, this.faults)
    if (program) this.#read(program)
  }

  #configured(): Configured | undefined {
    return this.#described && configured(this.#described, this.#context)
  }

  /** What is wrong with its configuration file as it is now: a template of what it says. */
  mistake(): string | undefined {
    const made = this.#configured()
    return made && 'message' in made ? made.message : undefined
  }

  /** Reads its configuration file again. @returns what is wrong with it; then it goes on as it was */
  reload(): string | undefined {
    const made = this.#configured()
    if (made && 'message' in made) return made.message
    if (made) this.#become(made.program)
    if (this.current) this.#read(this.current)
    return undefined
  }

  /** Something about its pod has changed. @returns whether other things are wrong on purpose now */
  podChanged(pod: Pod): boolean {
    const faults = appFaultsOf(pod)
    if (!this.#sane || sameJson(faults, this.faults)) return false
    this.faults = faults
    this.#become(this.#sane)
    return true
  }

  #become(program: ProgramDocument): void {
    this.#sane = program
    this.current = faulted(program, this.faults)
  }

  #read(program: ProgramDocument): void {
    const text = configurationText(program, this.#context)
    if (text === undefined) return
    this.configuration = text
    this.included = includedFiles(program, this.#context)
  }
}
