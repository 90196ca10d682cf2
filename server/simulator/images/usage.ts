import type { ProgramDocument } from './schema.ts'
import { noise } from './seeded.ts'

/** What a container uses, worked out for any instant from its image's model; nothing is counted while nobody looks. */
export interface UsageModel {
  readonly seed: string
  /** Millicores. */
  readonly cpu: number
  readonly memory: number
  readonly swing: number
  readonly growthPerHour: number
  readonly receive: number
  readonly transmit: number
}

/** What a shell script or a sleeping program takes. */
const idle = { cpu: 0.4, memory: 1_200_000, swing: 0.15, growthPerHour: 0, receive: 0, transmit: 0 }

function flagValue(argv: readonly string[], flag: string | undefined): string | undefined {
  if (flag === undefined) return undefined
  const at = argv.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  if (at < 0) return undefined
  return argv[at]?.includes('=') ? argv[at].slice(flag.length + 1) : argv[at + 1]
}

function bytesOf(text: string): number {
  const found = /^([\d.]+)([KMGkmg]?)/.exec(text)
  return found ? Number(found[1]) * 1024 ** ' kmg'.indexOf((found[2] || ' ').toLowerCase()) : 0
}

/**
 * @param argv the command line: some programs say there how much they take
 * @param coresLimit the container's CPU limit; no program gets more. Infinity without one
 */
export function usageModel(
  seed: string,
  program: ProgramDocument | undefined,
  argv: readonly string[],
  coresLimit: number,
): UsageModel & { readonly wantedCores: number } {
  const wanted = wantedModel(seed, program, argv)
  const most = coresLimit * 1000
  const capped = wanted.cpu * (1 + wanted.swing) > most
  return {
    ...wanted,
    wantedCores: wanted.cpu / 1000,
    ...(capped && { cpu: Math.min(wanted.cpu, most), swing: wanted.cpu > most ? 0 : wanted.swing }),
  }
}

function wantedModel(seed: string, program: ProgramDocument | undefined, argv: readonly string[]): UsageModel {
  if (!program) return { seed, ...idle }
  const { usage } = program
  const memory = flagValue(argv, usage.memoryFlag)
  const cores = flagValue(argv, usage.cpuFlag)
  return {
    seed,
    cpu: cores === undefined ? usage.cpu : Number.parseInt(cores, 10) * 1000,
    memory: memory === undefined ? usage.memory : usage.memory + bytesOf(memory),
    swing: usage.swing,
    growthPerHour: usage.growth,
    receive: usage.receive,
    transmit: usage.transmit,
  }
}

/** Three waves of different lengths (seconds) and weights look alive and integrate exactly. */
const waves = [
  { seconds: 97, weight: 0.5 },
  { seconds: 263, weight: 0.3 },
  { seconds: 31, weight: 0.2 },
]

const phase = (seed: string, index: number) => noise(seed, index) * 2 * Math.PI

/** Between -1 and 1, at `seconds` after the start. */
function wave(seed: string, seconds: number): number {
  return waves.reduce((sum, each, index) => sum + each.weight * Math.sin((2 * Math.PI * seconds) / each.seconds + phase(seed, index)), 0)
}

function waveIntegral(seed: string, seconds: number): number {
  return waves.reduce((sum, each, index) => {
    const start = phase(seed, index)
    return (
      sum + ((each.weight * each.seconds) / (2 * Math.PI)) * (Math.cos(start) - Math.cos((2 * Math.PI * seconds) / each.seconds + start))
    )
  }, 0)
}

/** CPU seconds used since the start; never less than a moment before, whatever the swing (it is below 1). */
export function cpuSeconds(model: UsageModel, seconds: number): number {
  return (model.cpu / 1000) * (seconds + model.swing * waveIntegral(model.seed, seconds))
}

/** Cores in use at the moment. */
export function cpuRate(model: UsageModel, seconds: number): number {
  return (model.cpu / 1000) * (1 + model.swing * wave(model.seed, seconds))
}

/** Working-set bytes: it fills up over the first seconds, then swings, and grows if it leaks. Whole pages. */
export function memoryBytes(model: UsageModel, seconds: number): number {
  const filled = 1 - 0.5 * Math.exp(-seconds / 8)
  const bytes = model.memory * filled * (1 + 0.25 * model.swing * wave(`${model.seed}m`, seconds)) + (model.growthPerHour * seconds) / 3600
  return Math.round(bytes / 4096) * 4096
}

/** Bytes received or sent since the start. */
export function networkBytes(model: UsageModel, direction: 'receive' | 'transmit', seconds: number): number {
  return Math.floor(model[direction] * (seconds + model.swing * waveIntegral(`${model.seed}${direction}`, seconds)))
}
