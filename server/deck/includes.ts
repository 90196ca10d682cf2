import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { UserError } from '../kernel/user-error.ts'
import { readText } from './read-deck.ts'

/** A deck's text with what it includes in place. */
export interface IncludedText {
  readonly text: string
  /** Every file it was made of, absolute; the deck's own first. */
  readonly files: readonly string[]
  /** Where a line of `text` was written; both from 1. */
  readonly origin: (line: number) => { readonly file: string; readonly line: number }
}

const INCLUDE = /^<!--[ \t]*include:[ \t]*(\S.*?)[ \t]*-->[ \t]*$/
const FENCE = /^[ \t]*(`{3,}|~{3,})/
const MAX_FILES = 200
const MAX_CHARACTERS = 8 * 1024 * 1024

interface Line {
  readonly text: string
  readonly file: string
  readonly line: number
}

/**
 * Puts the files that `<!-- include: part.md -->` lines name in their place, and what those include. They lie in the
 * deck's folder, and nothing outside it can be named. In code such a line is only text.
 * @param shown the deck's file as the person named it @throws UserError 'bad-deck' with file and line
 */
export async function withIncludes(file: string, shown: string): Promise<IncludedText> {
  const folder = await realpath(dirname(file))
  const files: string[] = []
  const lines: Line[] = []
  let characters = 0
  const add = async (path: string, name: string, chain: readonly string[]): Promise<void> => {
    files.push(path)
    if (files.length > MAX_FILES) throw new UserError('bad-deck', `${shown} includes more than ${MAX_FILES} files.`)
    const { text, linesBefore } = await readText(path, name)
    characters += text.length
    if (characters > MAX_CHARACTERS) throw new UserError('bad-deck', `${shown} and what it includes are larger than 8 MB.`)
    const own = (chain.length === 0 ? text : text.replace(/\n$/, '')).split('\n')
    const inCode = codeLines(own)
    for (const [index, line] of own.entries()) {
      const wanted = inCode.has(index) ? undefined : INCLUDE.exec(line)?.[1]
      if (wanted === undefined) lines.push({ text: line, file: name, line: linesBefore + index + 1 })
      else {
        const found = await locate(wanted, path, folder, `${name}:${linesBefore + index + 1}`)
        const inside = relative(folder, found)
        const all = [...chain, name]
        if (path === found || all.includes(nameOf(shown, inside)))
          throw new UserError(
            'bad-deck',
            `${name}:${linesBefore + index + 1}: The files include each other: ${[...all, nameOf(shown, inside)].join(' → ')}.`,
          )
        await add(found, nameOf(shown, inside), all)
      }
    }
  }
  await add(await realpath(file), shown, [])
  return {
    text: lines.map((line) => line.text).join('\n'),
    files: [file, ...files.slice(1)],
    origin: (line) => lines[line - 1] ?? { file: shown, line },
  }
}

/** The path of a file in the deck's folder as it is told to the person: beside the deck's own. */
function nameOf(shown: string, inside: string): string {
  const folder = shown.slice(0, shown.lastIndexOf('/') + 1)
  return `${folder}${inside}`
}

async function locate(wanted: string, from: string, folder: string, where: string): Promise<string> {
  const outside = new UserError(
    'bad-deck',
    `${where}: "${wanted}" is not in the deck's folder. Only files beside the deck can be included.`,
  )
  if (isAbsolute(wanted) || wanted.includes('\0')) throw outside
  const path = resolve(dirname(from), wanted)
  if (!isInside(path, folder)) throw outside
  const real = await realpath(path).catch((cause: unknown) => {
    throw new UserError('bad-deck', `${where}: There is no file "${wanted}" to include.`, cause)
  })
  // A link could lead elsewhere.
  if (!isInside(real, folder)) throw outside
  return real
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** Lines inside fences that are closed. */
function codeLines(lines: readonly string[]): Set<number> {
  const inside = new Set<number>()
  let open: { readonly run: string; readonly at: number } | undefined
  for (const [index, line] of lines.entries()) {
    const run = FENCE.exec(line)?.[1]
    if (open === undefined) {
      if (run !== undefined) open = { run, at: index }
    } else if (run?.startsWith(open.run) && line.trim() === run) {
      for (let at = open.at; at <= index; at++) inside.add(at)
      open = undefined
    }
  }
  return inside
}
