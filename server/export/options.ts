import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../kernel/user-error.ts'

export const exportHelp = `Writes a deck to read without Deckhand: as a PDF, as one HTML file, or both.

  export DECK [--pdf FILE] [--html FILE] [--notes] [--cluster simulated|KUBECONFIG] [--no-rehearsal]

  DECK               the deck's Markdown file
  --pdf FILE         a page for each slide, printed with Chromium, which is installed where it can be
  --html FILE        one file that works from disk, without a network: the same keys, search, overview,
                     light and dark
  --notes            with the presenter's notes: in the PDF below each slide
  --cluster WHERE    where the deck is rehearsed: simulated (unless told), or the kubeconfig of a
                     cluster of yours
  --no-rehearsal     without: commands have no output then, and charts no data
  --help             this text

The deck is rehearsed first (see rehearse), and what its commands said and its charts showed is in the
files where it would be live; wrong fixes are not tried. What does not go as it should is shown as it went, and told.

Ends with 0 when all is well; with 3 when the files are written, but the rehearsal found something wrong;
with 1 when a file could not be written, 2 when it was asked for in the wrong way, 130 when interrupted.
A file appears when it is complete; an interrupted export leaves none, and an older one as it was.
`

export interface ExportOptions {
  readonly deck: string
  /** Absolute. */
  readonly pdf: string | undefined
  /** Absolute. */
  readonly html: string | undefined
  readonly notes: boolean
  readonly cluster: string
  readonly rehearses: boolean
}

/** @returns undefined when help is asked for @throws UserError 'bad-arguments' */
export function parseExportOptions(argv: readonly string[]): ExportOptions | undefined {
  const { values, positionals } = parse(argv)
  if (values.help) return undefined
  const [deck, ...more] = positionals
  if (deck === undefined || more.length > 0) throw wrong('export takes one deck.')
  const [pdf, html] = [values.pdf, values.html].map((file) => (file === undefined ? undefined : resolve(file)))
  if (pdf === undefined && html === undefined) throw wrong('Say what to write: --pdf FILE, --html FILE, or both.')
  if (values.pdf === '' || values.html === '') throw wrong('A file needs a name.')
  if (pdf === html) throw wrong('The PDF and the HTML need a file each.')
  if (values['no-rehearsal'] && values.cluster !== undefined) throw wrong('Without a rehearsal no cluster is needed.')
  return {
    deck,
    pdf,
    html,
    notes: values.notes === true,
    cluster: values.cluster ?? 'simulated',
    rehearses: values['no-rehearsal'] !== true,
  }
}

const wrong = (say: string, cause?: unknown): UserError => new UserError('bad-arguments', `${say} "export --help" says more.`, cause)

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'pdf': { type: 'string' },
        'html': { type: 'string' },
        'notes': { type: 'boolean' },
        'cluster': { type: 'string' },
        'no-rehearsal': { type: 'boolean' },
        'help': { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw wrong(`${cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : ''}.`, cause)
  }
}
