import { createHash, randomInt, timingSafeEqual } from 'node:crypto'

/** Read aloud and typed on phones: no letter that looks or sounds like another, and no vowels, so no words. */
const ALPHABET = 'BCDFGHJKMNPQRTVWXY346789'
const LENGTH = 6

/** A new code such as `BKT-4MW`: 24⁶ are 190 million, guessed at the rate of `JoinAttempts` in years. */
export function createJoinCode(random: (below: number) => number = randomInt): string {
  const characters = Array.from({ length: LENGTH }, () => ALPHABET.charAt(random(ALPHABET.length)))
  return `${characters.slice(0, LENGTH / 2).join('')}-${characters.slice(LENGTH / 2).join('')}`
}

/** Whether what somebody typed is the code; case, spaces and dashes don't matter. Takes the same time whatever is wrong with it. */
export function isJoinCode(typed: string, code: string): boolean {
  return timingSafeEqual(digest(plain(typed)), digest(plain(code)))
}

function plain(code: string): string {
  return code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
