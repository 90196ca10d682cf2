import { forEachChild, parse, type Command as SimpleCommand, type SyntaxNode } from 'unbash'
import type { Command, CommandEffect } from '../protocol/deck.ts'

export interface Commands {
  readonly commands: Command[]
  /** Why bash would not take the source; each line is then a command of its own. */
  readonly error: { readonly message: string; readonly line: number } | undefined
}

/**
 * Splits a script into complete commands as they are typed: a heredoc, a loop or continued lines are one, two
 * commands on a line are typed together, comments on lines of their own are not typed.
 */
export function splitCommands(source: string): Commands {
  const script = parse(source)
  const [error] = script.errors ?? []
  if (error) {
    const lines = source.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
    const line = source.slice(0, error.pos).split('\n').length
    return {
      commands: lines.map((text) => ({ text: text.trim(), effect: effectOf(parse(text)) })),
      error: { message: error.message, line },
    }
  }
  const spans: { start: number; end: number; effect: CommandEffect }[] = []
  for (const statement of script.commands) {
    const start = source.lastIndexOf('\n', statement.pos - 1) + 1
    const end = lineEnd(source, lastPosition(statement))
    const effect = effectOf(statement)
    const before = spans.at(-1)
    if (before && start < before.end) {
      before.end = Math.max(before.end, end)
      before.effect = effect === 'ends' ? before.effect : effect
    } else spans.push({ start, end, effect })
  }
  return { commands: spans.map(({ start, end, effect }) => ({ text: source.slice(start, end).trim(), effect })), error: undefined }
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from)
  return end < 0 ? source.length : end
}

/** A heredoc's body stands behind its statement, so the statement's own end is not the last of it. */
function lastPosition(node: SyntaxNode): number {
  let last = node.end
  if (node.type === 'HereDoc') last = Math.max(last, node.closing ? node.closing.end : node.body.end)
  forEachChild(node, (child) => {
    last = Math.max(last, lastPosition(child))
  })
  return last
}

/** What the person (or the next command) meets once the last simple command in `node` runs. */
function effectOf(node: SyntaxNode): CommandEffect {
  let effect: CommandEffect = 'ends'
  const visit = (child: SyntaxNode): void => {
    // Its script runs to its end, whatever it runs, before the command around it does.
    if (child.type === 'CommandExpansion' || child.type === 'ProcessSubstitution' || child.type === 'Function') return
    if (child.type === 'Statement' && child.background) return
    const own = child.type === 'Command' ? effectOfSimple(child) : 'ends'
    if (own !== 'ends') effect = own
    forEachChild(child, visit)
  }
  visit(node)
  return effect
}

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh'])
const EDITORS = new Set(['vi', 'vim', 'nvim', 'nano', 'emacs', 'ed', '$EDITOR', '${EDITOR}', '"$EDITOR"'])
/** Run what stands behind them. */
const PREFIXES = new Set(['sudo', 'env', 'exec', 'command', 'time', 'nohup'])

function effectOfSimple(command: SimpleCommand): CommandEffect {
  const words = [command.name, ...command.args]
    .filter((word) => word !== undefined)
    .map((word) => (word.type === 'Word' ? word.value || word.text : word.text))
  const reads = command.redirects.some((redirect) => redirect.type !== 'Redirect' || redirect.operator === '<')
  return effectOfWords(words, reads)
}

function effectOfWords(words: readonly string[], readsFile: boolean): CommandEffect {
  const [name = '', ...args] = words
  const base = name.slice(name.lastIndexOf('/') + 1)
  if (PREFIXES.has(base))
    return effectOfWords(
      args.filter((arg, index) => index > 0 || !arg.startsWith('-')),
      readsFile,
    )
  if (EDITORS.has(base)) return 'edits'
  if (SHELLS.has(base)) return readsFile || args.some((arg) => arg === '-c' || !arg.startsWith('-')) ? 'ends' : 'opens-shell'
  if (base === 'kubectl' || base === 'k') return effectOfKubectl(args)
  if (base === 'watch' || base === 'top' || base === 'htop') return args.some((arg) => /^-\w*b/.test(arg)) ? 'ends' : 'follows'
  if (base === 'tail' || base === 'journalctl')
    return args.some((arg) => arg === '--follow' || /^-[a-zA-Z]*[fF]/.test(arg)) ? 'follows' : 'ends'
  if (base === 'ping') return args.some((arg) => /^-[cw]/.test(arg)) ? 'ends' : 'follows'
  return 'ends'
}

/** kubectl's flags that take the next word as their value, as far as they may stand before the subcommand. */
const WITH_VALUE = new Set([
  '-n',
  '--namespace',
  '--context',
  '--kubeconfig',
  '--cluster',
  '--user',
  '--as',
  '-s',
  '--server',
  '--token',
  '--request-timeout',
])

function effectOfKubectl(args: readonly string[]): CommandEffect {
  const dash = args.indexOf('--')
  const own = dash < 0 ? args : args.slice(0, dash)
  const at = own.findIndex((arg, index) => !arg.startsWith('-') && !WITH_VALUE.has(own[index - 1] ?? ''))
  const verb = own[at]
  const rest = own.slice(at + 1)
  const has = (short: string, long: string): boolean =>
    rest.some((arg) => arg === long || arg === `${long}=true` || (/^-[a-z]+$/i.test(arg) && arg.slice(1).includes(short)))
  switch (verb) {
    case 'edit':
      return 'edits'
    case 'proxy':
    case 'port-forward':
      return 'follows'
    case 'get':
    case 'events':
      return has('w', '--watch') || rest.includes('--watch-only') ? 'follows' : 'ends'
    case 'logs':
      return rest.some((arg) => arg === '--follow' || arg === '--follow=true' || arg === '-f') ? 'follows' : 'ends'
    case 'attach':
      return has('i', '--stdin') ? 'opens-shell' : 'follows'
    case 'exec':
    case 'run':
    case 'debug':
      return has('i', '--stdin') || (verb === 'run' && rest.includes('--attach'))
        ? effectInside(verb, rest, dash < 0 ? undefined : args.slice(dash + 1))
        : 'ends'
    default:
      return 'ends'
  }
}

/** With stdin open: which program takes it decides. */
function effectInside(verb: string, rest: readonly string[], command: readonly string[] | undefined): CommandEffect {
  if (command && command.length > 0) return effectOfWords(command, false)
  // The habit from before `--` was required: `kubectl exec -it pod sh`.
  const positional = rest.filter((arg) => !arg.startsWith('-'))
  if (verb === 'exec' && positional.length > 1) return effectOfWords(positional.slice(1), false)
  return 'opens-shell'
}
