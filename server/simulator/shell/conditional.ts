import { arithmeticOf } from './arithmetic.ts'
import { boundedRegExp } from './bounded-regexp.ts'
import { expandOne, expandPattern } from './expand.ts'
import type { Shell } from './interpreter.ts'
import { CommandError } from './machine.ts'
import type { TestExpression, Word } from './parser.ts'
import { escapeRegExp, patternToRegExp } from './pattern.ts'
import { posixSource } from './posix-regexp.ts'
import { compareTest, unaryTest } from './test-command.ts'

/** `[[ … ]]`: patterns on the right of `=`, expressions on the right of `=~`, arithmetic, no word splitting. */
export async function evaluateConditional(expression: TestExpression, shell: Shell): Promise<boolean> {
  switch (expression.type) {
    case 'TestGroup':
      return evaluateConditional(expression.expression, shell)
    case 'TestNot':
      return (await evaluateConditional(expression.operand, shell)) !== (expression.negations.length % 2 === 1)
    case 'TestLogical': {
      const all = expression.operator === '&&'
      for (const operand of expression.operands) if ((await evaluateConditional(operand, shell)) !== all) return !all
      return all
    }
    case 'TestUnary': {
      const operand = await expandOne(expression.operand, shell)
      if (expression.operator === '-v') return shell.elements(operand.replace(/\[.*/, '')).length > 0
      if (expression.operator === '-o') return shell.options.has(operand)
      return unaryTest(expression.operator, operand, shell.files, shell.cwd)
    }
    case 'TestBinary':
      return binary(expression.operator, expression.left, expression.right, shell)
  }
}

async function binary(operator: string, left: Word, right: Word, shell: Shell): Promise<boolean> {
  const text = await expandOne(left, shell)
  if (operator === '=~') return matches(text, right, shell)
  if (operator === '=' || operator === '==' || operator === '!=') {
    const pattern = patternToRegExp(await expandPattern(right, shell), shell.options.has('nocasematch'))
    return pattern.test(text) === (operator !== '!=')
  }
  const other = await expandOne(right, shell)
  if (operator === '<' || operator === '>') return operator === '<' ? text < other : text > other
  if (/^-(eq|ne|lt|le|gt|ge)$/.test(operator)) {
    return compareTest(operator, await arithmeticOf(text, shell), await arithmeticOf(other, shell))
  }
  if (operator === '-nt' || operator === '-ot' || operator === '-ef') return fileTest(operator, text, other, shell)
  throw new CommandError(`conditional binary operator expected`, 2)
}

function fileTest(operator: string, left: string, right: string, shell: Shell): boolean {
  if (operator === '-ef') return shell.files.resolve(left) === shell.files.resolve(right)
  const a = shell.files.stat(left)?.modified ?? -1
  const b = shell.files.stat(right)?.modified ?? -1
  return operator === '-nt' ? a > b : a < b
}

/** Quoted parts of an expression stand for themselves. Groups go to `BASH_REMATCH`. */
async function matches(text: string, right: Word, shell: Shell): Promise<boolean> {
  let source = ''
  for (const part of right.parts ?? [{ type: 'Literal' as const, pos: 0, end: 0, value: right.value, text: right.text }]) {
    const word = { type: 'Word' as const, text: part.text, value: part.text, pos: part.pos, end: part.end, parts: [part] }
    const quoted = part.type === 'SingleQuoted' || part.type === 'DoubleQuoted' || part.type === 'AnsiCQuoted'
    if (quoted) source += escapeRegExp(await expandOne(word, shell))
    else
      source +=
        part.type === 'Literal' || part.type === 'Glob' || part.type === 'ExtendedGlob' || part.type === 'BraceExpansion'
          ? part.text
          : await expandOne(word, shell)
  }
  const found = boundedRegExp(posixSource(source, true), shell.options.has('nocasematch') ? 'i' : '').exec(text)
  if (shell.dialect === 'bash') {
    shell.variables.replace('BASH_REMATCH', {
      associative: false,
      entries: new Map((found ? [...found] : []).map((group, index) => [String(index), group ?? ''])),
    })
  }
  return found !== null
}
