import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { describeDeck, type DeckDescription } from './deck/describe.ts'
import { readDeckFile } from './deck/read-deck.ts'
import { UserError } from './kernel/user-error.ts'

const inspectHelp = `Says what slides a deck has.

  inspect FILE… [--json] [--options FILE.json] [--deck]

  --json               one JSON document a deck, a line each, instead of a table
  --options FILE.json  the original's options (highlightLines, excludedClasses …);
                       NAME.options.json beside NAME.md is read unless told
  --deck               what is shown here, rather than what the original makes of it
  --help               this text

Decks are described as the original of their dialect would show them: before HTML is
cleaned, and with front matter as the two blank slides that it is there.
`

/** The `inspect` command. @throws UserError 'bad-arguments', 'bad-deck' */
export async function inspect(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parse(argv)
  if (values.help) {
    process.stdout.write(inspectHelp)
    return
  }
  if (positionals.length === 0) throw new UserError('bad-arguments', 'inspect needs the FILE of a deck. --help says more.')
  for (const path of positionals) {
    try {
      if (values.deck) await showDeck(path, values.json === true)
      else await showOriginal(path, values)
    } catch (error) {
      // One deck that cannot be read does not hide the others; with --json its line says why.
      if (!(error instanceof UserError) || error.code !== 'bad-deck' || positionals.length === 1) throw error
      process.stderr.write(`${error.say}\n`)
      if (values.json) process.stdout.write(`${JSON.stringify({ error: error.say, total: null, slideCount: 0, slides: [] })}\n`)
      process.exitCode = 1
    }
  }
}

async function showOriginal(
  path: string,
  { options: asked, json }: { options?: string | undefined; json?: boolean | undefined },
): Promise<void> {
  const options = await readOptionsFile(asked ?? path.replace(/(?:\.md|\.html?)?$/i, '.options.json'), asked !== undefined)
  const description = describeDeck(await readDeckFile(path), options, path)
  process.stdout.write(json ? `${JSON.stringify(description)}\n` : tableOf(path, description))
}

async function showDeck(path: string, json: boolean): Promise<void> {
  // What renders slides is only loaded where it is asked for.
  const { loadDeck } = await import('./deck/load-deck.ts')
  const { deck, problems } = await loadDeck(path)
  for (const { file, line, column, say } of problems)
    process.stderr.write(`${file}:${line}${column === undefined ? '' : `:${column}`}: ${say}\n`)
  if (json) process.stdout.write(`${JSON.stringify(deck)}\n`)
  else for (const slide of deck.slides) process.stdout.write(`${slide.number.padStart(4)}  ${slide.id}  ${slide.title}\n`)
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        deck: { type: 'boolean' },
        options: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new UserError('bad-arguments', `${cause instanceof Error ? cause.message : String(cause)} inspect --help says more.`, cause)
  }
}

async function readOptionsFile(path: string, asked: boolean): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (asked) throw new UserError('bad-arguments', `The options in ${path} cannot be read. Name a JSON file.`, cause)
    return '{}'
  })
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (cause) {
    throw new UserError('bad-arguments', `${path} is not JSON (${cause instanceof Error ? cause.message : String(cause)}).`, cause)
  }
  throw new UserError('bad-arguments', `${path} holds no options. It is one JSON object, such as {"highlightLines": true}.`)
}

function tableOf(path: string, { slides, total }: DeckDescription): string {
  const rows = slides.map(({ number, name, classes, incrementalOf, headings, visibleText }) =>
    [
      String(number).padStart(4),
      incrementalOf === null ? '  ' : '--',
      (headings[0]?.text ?? visibleText).slice(0, 60).padEnd(60),
      [...(name === null ? [] : [`#${name}`]), ...classes.map((one) => `.${one}`)].join(' '),
    ]
      .join('  ')
      .trimEnd(),
  )
  return `${path}: ${slides.length} slides, numbered to ${total}\n${rows.join('\n')}\n`
}
