import { isIpv4, isIpv6 } from './formats.ts'
import type { CelEnvironment } from './cel.ts'

/** CEL's addresses and networks. @see https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library */

class Address {
  readonly text: string
  readonly bits: 32 | 128
  readonly value: bigint

  constructor(text: string) {
    if (!isIpv4(text) && !isIpv6(text)) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
    this.text = text
    this.bits = isIpv4(text) ? 32 : 128
    this.value = isIpv4(text) ? valueOfIpv4(text) : valueOfIpv6(text)
  }

  within(network: string): boolean {
    return new Network(network).contains(this)
  }
}

class Network {
  readonly text: string
  readonly address: Address
  readonly prefix: number

  constructor(text: string) {
    const [address = '', prefix = '', more] = text.split('/')
    const known = isIpv4(address) || isIpv6(address)
    if (!known || more !== undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (isIpv4(address) ? 32 : 128))
      throw new Error(`network address parse error during conversion from string: network address ${JSON.stringify(text)}`)
    this.text = text
    this.address = new Address(address)
    this.prefix = Number(prefix)
  }

  /** The address without what is of the host. */
  get base(): bigint {
    const host = BigInt(this.address.bits - this.prefix)
    return (this.address.value >> host) << host
  }

  contains(address: Address): boolean {
    const host = BigInt(this.address.bits - this.prefix)
    return address.bits === this.address.bits && address.value >> host === this.address.value >> host
  }

  containsNetwork(other: Network): boolean {
    return other.prefix >= this.prefix && this.contains(other.address)
  }
}

function valueOfIpv4(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function valueOfIpv6(text: string): bigint {
  const words = (half: string) =>
    half === ''
      ? []
      : half.split(':').flatMap((word) => {
          if (!word.includes('.')) return [BigInt(`0x${word}`)]
          const value = valueOfIpv4(word)
          return [value >> 16n, value & 0xffffn]
        })
  const [head = '', tail] = text.split('::')
  const [front, back] = [words(head), tail === undefined ? [] : words(tail)]
  const gap = Array.from({ length: 8 - front.length - back.length }, () => 0n)
  return [...front, ...gap, ...back].reduce((sum, word) => (sum << 16n) + word, 0n)
}

/** The one way to write it: the longest run of zeros is left out. @see https://www.rfc-editor.org/rfc/rfc5952 */
function canonical(bits: number, value: bigint): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const words = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  const run = /(?:^|:)0(?::0)+(?=:|$)/g
  const text = words.join(':')
  const longest = [...text.matchAll(run)].toSorted((a, b) => b[0].replace(/^:/, '').length - a[0].replace(/^:/, '').length)[0]
  if (!longest) return text
  const [before, after] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)]
  return `${before}::${after.replace(/^:/, '')}`
}

/** Named as Go's net/netip has them. */
const KINDS: { readonly [name: string]: (address: Address) => boolean } = {
  isUnspecified: (address) => address.value === 0n,
  isLoopback: (address) => (address.bits === 32 ? address.within('127.0.0.0/8') : address.value === 1n),
  isLinkLocalMulticast: (address) => address.within(address.bits === 32 ? '224.0.0.0/24' : 'ff02::/16'),
  isLinkLocalUnicast: (address) => address.within(address.bits === 32 ? '169.254.0.0/16' : 'fe80::/10'),
  isGlobalUnicast: (address) =>
    !['isUnspecified', 'isLoopback', 'isLinkLocalUnicast'].some((name) => KINDS[name]?.(address)) &&
    !address.within(address.bits === 32 ? '224.0.0.0/4' : 'ff00::/8') &&
    !(address.bits === 32 && address.value === 0xffff_ffffn),
}

/** What is asked of addresses without having one. */
class AddressNamespace {
  readonly name = 'ip'
}

export function addAddresses(environment: CelEnvironment): void {
  environment.registerType('net.IP', Address)
  environment.registerType('net.CIDR', Network)
  environment.registerType('kubernetes.IPs', AddressNamespace)
  environment.registerConstant('ip', 'kubernetes.IPs', new AddressNamespace())
  environment.registerFunction('isIP(string): bool', (text: string) => isIpv4(text) || isIpv6(text))
  environment.registerFunction('ip(string): net.IP', (text: string) => new Address(text))
  environment.registerFunction('kubernetes.IPs.isCanonical(string): bool', (_ips: AddressNamespace, text: string) => {
    const address = new Address(text)
    return canonical(address.bits, address.value) === text
  })
  environment.registerFunction('net.IP.family(): int', (address: Address) => (address.bits === 32 ? 4n : 6n))
  for (const [name, is] of Object.entries(KINDS)) environment.registerFunction(`net.IP.${name}(): bool`, is)
  environment.registerFunction('string(net.IP): string', (address: Address) => canonical(address.bits, address.value))
  environment.registerOperator('net.IP == net.IP', (a: Address, b: Address) => a.bits === b.bits && a.value === b.value)
  addNetworks(environment)
}

function addNetworks(environment: CelEnvironment): void {
  environment.registerFunction('isCIDR(string): bool', (text: string) => {
    try {
      return new Network(text).text === text
    } catch {
      return false
    }
  })
  environment.registerFunction('cidr(string): net.CIDR', (text: string) => new Network(text))
  environment.registerFunction('net.CIDR.prefixLength(): int', (network: Network) => BigInt(network.prefix))
  environment.registerFunction('net.CIDR.ip(): net.IP', (network: Network) => network.address)
  environment.registerFunction('net.CIDR.masked(): net.CIDR', (network: Network) => masked(network))
  environment.registerFunction('net.CIDR.containsIP(string): bool', (network: Network, text: string) => network.contains(new Address(text)))
  environment.registerFunction('net.CIDR.containsIP(net.IP): bool', (network: Network, address: Address) => network.contains(address))
  environment.registerFunction('net.CIDR.containsCIDR(string): bool', (network: Network, text: string) =>
    network.containsNetwork(new Network(text)),
  )
  environment.registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', (network: Network, other: Network) =>
    network.containsNetwork(other),
  )
  environment.registerFunction('string(net.CIDR): string', (network: Network) => network.text)
  environment.registerOperator('net.CIDR == net.CIDR', (a: Network, b: Network) => a.prefix === b.prefix && a.base === b.base)
}

function masked(network: Network): Network {
  return new Network(`${canonical(network.address.bits, network.base)}/${network.prefix}`)
}
