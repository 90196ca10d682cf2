import { baseOf } from '../shell/files.ts'
import type { Machine } from '../shell/machine.ts'
import { startFailure } from './exec.ts'
import type { ImageDocument, ProgramDocument } from './schema.ts'

/** The program that the command line names; any command at all for images nobody has described. */
export function programOf(document: ImageDocument, argv: readonly string[], machine: Machine): ProgramDocument | undefined {
  const base = baseOf(argv[0] ?? '')
  const wrapped = document.programs.find((program) => program.names.includes(base))
  if (wrapped) {
    // `docker-entrypoint.sh sh -c …` runs what it was given.
    const inner = argv[1] ?? ''
    const runsOther =
      /entrypoint/.test(base) &&
      inner !== '' &&
      !inner.startsWith('-') &&
      !document.programs.some((program) => program.names.includes(baseOf(inner)))
    if (!runsOther) return wrapped
  }
  return document.generic && startFailure(machine, argv[0] ?? '', '/') !== undefined ? document.programs[0] : undefined
}
