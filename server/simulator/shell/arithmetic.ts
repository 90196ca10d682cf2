import type { ArithmeticExpression } from './parser.ts'

export interface Variables {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

/** What a variable may hold in arithmetic, nested at most this deep (`a=b b=a`). */
const deepest = 20

/** POSIX shell arithmetic on whole numbers. @throws Error with ash's words */
export function evaluate(
  expression: ArithmeticExpression,
  variables: Variables,
  expand: (expression: ArithmeticExpression) => string,
): number {
  switch (expression.type) {
    case 'ArithmeticWord':
      return numberOf(expression.parts ? expand(expression) : expression.value, variables)
    case 'ArithmeticCommandExpansion':
      return numberOf(expand(expression), variables)
    case 'ArithmeticGroup':
      return evaluate(expression.expression, variables, expand)
    case 'ArithmeticTernary':
      return evaluate(evaluate(expression.test, variables, expand) ? expression.consequent : expression.alternate, variables, expand)
    case 'ArithmeticUnary':
      return unary(expression.operator, expression.operand, expression.prefix, variables, expand)
    case 'ArithmeticBinary':
      return binary(expression.operator, expression.left, expression.right, variables, expand)
  }
}

function numberOf(text: string, variables: Variables, depth = 0): number {
  const word = text.trim()
  if (word === '') return 0
  if (/^0x[0-9a-f]+$/i.test(word)) return Number.parseInt(word, 16)
  if (/^0[0-7]+$/.test(word)) return Number.parseInt(word, 8)
  if (/^[+-]?\d+$/.test(word)) return Number(word)
  if (/^[A-Za-z_]\w*$/.test(word) && depth < deepest) return numberOf(variables.get(word) ?? '0', variables, depth + 1)
  throw new Error('arithmetic syntax error')
}

type Expand = (expression: ArithmeticExpression) => string

function assign(target: ArithmeticExpression, value: number, variables: Variables): number {
  if (target.type !== 'ArithmeticWord') throw new Error('arithmetic syntax error')
  variables.set(target.value, String(value))
  return value
}

function unary(operator: string, operand: ArithmeticExpression, prefix: boolean, variables: Variables, expand: Expand): number {
  const value = evaluate(operand, variables, expand)
  if (operator === '++' || operator === '--') {
    const next = assign(operand, operator === '++' ? value + 1 : value - 1, variables)
    return prefix ? next : value
  }
  if (operator === '-') return -value
  if (operator === '!') return value === 0 ? 1 : 0
  if (operator === '~') return ~value
  return value
}

function binary(operator: string, left: ArithmeticExpression, right: ArithmeticExpression, variables: Variables, expand: Expand): number {
  if (operator === '=') return assign(left, evaluate(right, variables, expand), variables)
  const a = evaluate(left, variables, expand)
  if (operator === '&&') return a && evaluate(right, variables, expand) ? 1 : 0
  if (operator === '||') return a || evaluate(right, variables, expand) ? 1 : 0
  const b = evaluate(right, variables, expand)
  const assigned = /^([-+*/%&|^]|<<|>>)=$/.exec(operator)?.[1]
  if (assigned) return assign(left, calculate(assigned, a, b), variables)
  return calculate(operator, a, b)
}

function calculate(operator: string, a: number, b: number): number {
  if ((operator === '/' || operator === '%') && b === 0) throw new Error('divide by zero')
  const results: Record<string, () => number> = {
    '+': () => a + b,
    '-': () => a - b,
    '*': () => a * b,
    '/': () => Math.trunc(a / b),
    '%': () => a % b,
    '**': () => a ** b,
    '<': () => Number(a < b),
    '>': () => Number(a > b),
    '<=': () => Number(a <= b),
    '>=': () => Number(a >= b),
    '==': () => Number(a === b),
    '!=': () => Number(a !== b),
    '&': () => a & b,
    '|': () => a | b,
    '^': () => a ^ b,
    '<<': () => a << b,
    '>>': () => a >> b,
    ',': () => b,
  }
  const result = results[operator]
  if (!result) throw new Error('arithmetic syntax error')
  return result()
}
