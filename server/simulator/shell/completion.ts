import { builtins } from './builtins.ts'
import type { Shell } from './interpreter.ts'
import { baseOf, FileError, normalise } from './files.ts'
import { builtinOf } from './simple-command.ts'

const keywords = ['case', 'do', 'done', 'elif', 'else', 'esac', 'fi', 'for', 'function', 'if', 'in', 'select', 'then', 'until', 'while']

/** What the last word of `text` could become: commands, variables, users' homes or paths. */
export function completions(text: string, shell: Shell): { readonly word: string; readonly options: readonly string[] } {
  const word = /(?:^|[\s;|&<>()=`"'])((?:\\.|[^\s;|&<>()=`"'\\])*)$/.exec(text)?.[1] ?? ''
  const before = text.slice(0, text.length - word.length)
  const variable = /\$\{?(\w*)$/.exec(word)
  if (variable) {
    const head = word.slice(0, word.length - (variable[1] ?? '').length)
    const tail = head.endsWith('{') ? '}' : ''
    const names = shell.variables.names().filter((name) => name.startsWith(variable[1] ?? ''))
    return { word, options: names.map((name) => head + name + tail) }
  }
  const first = /(^|[;|&(]\s*|\b(then|do|else|sudo|exec|xargs|time|watch)\s+)$/.test(before.trimStart() === '' ? '' : before)
  if (first && !word.includes('/')) {
    const own = [...builtins.keys()].filter((name) => builtinOf(shell, name))
    const names = new Set([...shell.machine.programs, ...own, ...shell.functions.keys(), ...shell.aliases.keys(), ...keywords])
    return { word, options: [...names].filter((name) => name.startsWith(word) && /^\w/.test(name)).toSorted() }
  }
  return { word, options: paths(word, before, first, shell) }
}

function paths(word: string, before: string, first: boolean, shell: Shell): readonly string[] {
  const plain = word.replaceAll(/\\(.)/g, '$1')
  const slash = plain.lastIndexOf('/')
  const head = plain.slice(0, slash + 1)
  const directory = normalise(slash < 0 ? '.' : head.replace(/^~(?=\/)/, shell.get('HOME') ?? '~') || '/', shell.cwd)
  const base = baseOf(plain)
  const directoriesOnly = /(^|[;|&(]\s*)(cd|rmdir|pushd)\s+$/.test(before)
  const escape = (name: string) => name.replaceAll(/[\s'"$&()*;<>?[\]`{|}\\]/g, '\\$&')
  try {
    return shell.files
      .list(directory)
      .filter((name) => name.startsWith(base) && (base !== '' || !name.startsWith('.')))
      .map((name) => ({ name, entry: shell.files.stat(`${directory}/${name}`) }))
      .filter(
        ({ entry }) =>
          (!directoriesOnly && !first) || entry?.kind === 'directory' || (first && entry?.kind === 'file' && (entry.mode & 0o111) !== 0),
      )
      .map(({ name, entry }) => escape(head + name) + (entry?.kind === 'directory' ? '/' : ''))
  } catch (error) {
    if (error instanceof FileError) return []
    throw error
  }
}
