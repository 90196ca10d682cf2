import type { Dialled, StreamPeer, StreamServer } from './stream.ts'

/** The network as one pod sees it. Everything takes (simulated) time. */
export interface NetworkView {
  readonly ip: string
  readonly namespace: string
  /** Asks the name servers of /etc/resolv.conf, or the one given, for exactly this name. */
  query(name: string, type: RecordType, server?: string): Promise<DnsAnswer>
  /** As the C library does it: /etc/hosts, addresses, then DNS with the search list. */
  lookup(host: string): Promise<Lookup>
  /** Opens a TCP connection to an address. */
  connect(ip: string, port: number): Promise<Connection>
  request(ip: string, port: number, request: HttpRequest): Promise<HttpExchange>
  /** Whether a ping to this address comes back. */
  ping(ip: string): Promise<{ readonly result: 'reply'; readonly millis: number } | { readonly result: 'lost' | 'unreachable' }>
  /** Connects for an exchange of bytes. */
  dial(ip: string, port: number): Promise<Dialled>
  /** What listens inside this pod. */
  listening(): readonly Listening[]
  /** Listens on a TCP port, for whoever can reach this pod. @returns ends it; undefined when the port is taken */
  listen(port: number, program: string, accept: Accept): (() => void) | undefined
}

/** Takes a connection. @param from the client's address */
export type Accept = (peer: StreamPeer, from: string) => StreamServer

export type RecordType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME'

export interface DnsRecord {
  readonly name: string
  readonly type: RecordType
  readonly ttl: number
  readonly data: string
}

export type DnsAnswer =
  | { readonly status: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL'; readonly records: readonly DnsRecord[] }
  | { readonly status: 'timeout' }

export type Lookup =
  | { readonly ok: true; readonly name: string; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly why: 'not-found' | 'timeout' | 'failed' }

export type Connection =
  | { readonly result: 'open'; readonly protocol: 'http' | 'https' | 'tcp'; readonly millis: number }
  | { readonly result: 'refused' | 'timeout' | 'unreachable'; readonly millis: number }

export interface HttpRequest {
  readonly secure: boolean
  readonly method: string
  readonly host: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type HttpExchange =
  | { readonly result: 'answered'; readonly reply: HttpReply; readonly millis: number }
  /** It is open, but speaks something else: plain HTTP to TLS, or no HTTP at all. */
  | { readonly result: 'wrong-protocol'; readonly protocol: 'http' | 'https' | 'tcp'; readonly millis: number }
  | { readonly result: 'refused'; readonly millis: number }
  | { readonly result: 'timeout'; readonly millis: number }
  | { readonly result: 'unreachable'; readonly millis: number }

export interface Listening {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  readonly program: string
}
