import { Break } from './control.ts'
import { expandOne, expandPattern, expandWords } from './expand.ts'
import type { Shell } from './interpreter.ts'
import type { Case, CompoundList, For, If, Select } from './parser.ts'
import { patternToRegExp } from './pattern.ts'
import { readInputLine } from './read.ts'
import type { Io } from './streams.ts'

export async function chooseIf(shell: Shell, node: If, io: Io): Promise<void> {
  if (await shell.condition(() => shell.list(node.clause, io))) return shell.list(node.then, io)
  for (const branch of node.elif) {
    if (await shell.condition(() => shell.list(branch.clause, io))) return shell.list(branch.then, io)
  }
  shell.status = 0
  if (node.else) await shell.list(node.else, io)
}

export async function loop(
  shell: Shell,
  goesOn: () => Promise<boolean>,
  body: CompoundList,
  io: Io,
  after?: () => Promise<void>,
): Promise<void> {
  let status = 0
  for (;;) {
    await shell.step(io)
    try {
      if (!(await goesOn())) break
      await shell.list(body, io)
      status = shell.status
    } catch (error) {
      if (!(error instanceof Break)) throw error
      if (--error.levels > 0) throw error
      status = 0
      if (error.kind === 'break') break
    }
    await after?.()
  }
  shell.status = status
}

export async function eachWord(shell: Shell, node: For, io: Io): Promise<void> {
  const words = node.wordlist ? await expandWords(node.wordlist, shell) : [...shell.positional]
  let at = 0
  const next = () => {
    const word = words[at++]
    if (word !== undefined) shell.set(node.name.value, word)
    return Promise.resolve(word !== undefined)
  }
  await shell.guarded(io, () => loop(shell, next, node.body, io))
}

/** bash's menu. */
export async function select(shell: Shell, node: Select, io: Io): Promise<void> {
  const words = node.wordlist ? await expandWords(node.wordlist, shell) : [...shell.positional]
  const next = async () => {
    io.err.write(`${words.map((word, index) => `${index + 1}) ${word}\n`).join('')}${shell.get('PS3') ?? '#? '}`)
    const line = await readInputLine(shell, io)
    if (!line?.complete) return false
    shell.set('REPLY', line.text)
    shell.set(node.name.value, words[Number(line.text.trim()) - 1] ?? '')
    return true
  }
  await loop(shell, next, node.body, io)
}

export async function chooseCase(shell: Shell, node: Case, io: Io): Promise<void> {
  const word = await expandOne(node.word, shell)
  const caseless = shell.options.has('nocasematch')
  let falls = false
  shell.status = 0
  for (const item of node.items) {
    let matches = falls
    for (const pattern of item.pattern) matches ||= patternToRegExp(await expandPattern(pattern, shell), caseless).test(word)
    if (!matches) continue
    await shell.list(item.body, io)
    falls = item.terminator === ';&'
    if (!falls && item.terminator !== ';;&') return
  }
}
