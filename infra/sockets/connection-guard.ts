/**
 * Keeps those who send little or nothing from the places of those who send: counts connections in all and per address, lets the oldest that
 * never sent anything useful go when there are too many, and gives up what comes too slowly.
 */
import type { Socket } from 'node:net'
import type { Awaited, Connections } from '../../schemas/connections.ts'

export interface GuardLimits {
  readonly connections: number
  readonly perAddress: number
  /** Milliseconds until a connection that must prove itself has done so. */
  readonly proveMs: number
  /** Milliseconds until everything awaited is there. */
  readonly awaitMs: number
  readonly minBytesPerSecond: number
}

/** Why a connection was ended by us. */
export type Cut = 'per_address' | 'full' | 'evicted' | 'unproven' | 'slow'

export interface GuardNews {
  cut(reason: Cut): void
}

/** A body may pause for so long: the rate is asked of each stretch of this length. */
const STRETCH_MS = 5_000
const SWEEP_MS = 1_000
/** When we were busy for longer than this ourselves, what has not come may only be unread. */
const OWN_DELAY_MS = 1_000

interface Held {
  readonly socket: Socket
  readonly address: string
  readonly mustProve: boolean
  readonly at: number
}

interface Awaiting extends Awaited {
  readonly at: number
  stretchAt: number
  stretchBytes: number
}

/** The same for a socket and the TLS socket around it. */
const nameOf = ({ remoteAddress = '', remotePort = 0, localPort = 0 }: Socket): string => `${remoteAddress}|${remotePort}|${localPort}`

export class ConnectionGuard implements Connections {
  readonly #limits: GuardLimits
  readonly #news: GuardNews
  readonly #now: () => number
  readonly #perAddress = new Map<string, number>()
  readonly #all = new Map<string, Held>()
  /** Oldest first. */
  readonly #unproven = new Map<string, Held>()
  /** Each request says it of its connection again, and a name costs as much as reading a request's head. */
  readonly #proven = new WeakSet<Socket>()
  readonly #awaiting = new Set<Awaiting>()
  readonly #timer: NodeJS.Timeout
  #sweptAt: number

  /** `now`: monotonic milliseconds. */
  constructor(limits: GuardLimits, news: GuardNews, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#news = news
    this.#now = now
    this.#sweptAt = now()
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS).unref()
  }

  get open(): number {
    return this.#all.size
  }

  enter(socket: Socket, mustProve: boolean): boolean {
    const address = socket.remoteAddress
    // Gone before it was looked at.
    if (address === undefined) return this.#refuse(socket)
    if (this.#ofAddress(address) >= this.#limits.perAddress) return this.#refuse(socket, 'per_address')
    if (this.#all.size >= this.#limits.connections && !this.#evict()) return this.#refuse(socket, 'full')
    const name = nameOf(socket)
    const held = { socket, address, mustProve, at: this.#now() }
    this.#all.set(name, held)
    this.#unproven.set(name, held)
    this.#perAddress.set(address, this.#ofAddress(address) + 1)
    socket.once('close', () => this.#leave(name, held))
    return true
  }

  proven(socket: Socket): void {
    if (this.#proven.has(socket)) return
    this.#proven.add(socket)
    this.#unproven.delete(nameOf(socket))
  }

  await(what: Awaited): () => void {
    const at = this.#now()
    const awaiting: Awaiting = { bytes: () => what.bytes(), tooSlow: () => what.tooSlow(), at, stretchAt: at, stretchBytes: what.bytes() }
    this.#awaiting.add(awaiting)
    return () => void this.#awaiting.delete(awaiting)
  }

  /** Runs by itself once a second. */
  sweep(): void {
    const now = this.#now()
    const late = now - this.#sweptAt > SWEEP_MS + OWN_DELAY_MS
    this.#sweptAt = now
    for (const [name, held] of this.#unproven) {
      if (now - held.at < this.#limits.proveMs) break
      if (held.mustProve && !late) this.#cut(name, held, 'unproven')
    }
    for (const awaiting of this.#awaiting) {
      if (late) restart(awaiting, now)
      else if (this.#isSlow(awaiting, now)) this.#giveUp(awaiting)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #ofAddress(address: string): number {
    return this.#perAddress.get(address) ?? 0
  }

  #isSlow(awaiting: Awaiting, now: number): boolean {
    if (now - awaiting.at >= this.#limits.awaitMs) return true
    const stretch = now - awaiting.stretchAt
    if (stretch < STRETCH_MS) return false
    if (awaiting.bytes() - awaiting.stretchBytes < (stretch / 1_000) * this.#limits.minBytesPerSecond) return true
    restart(awaiting, now)
    return false
  }

  #giveUp(awaiting: Awaiting): void {
    this.#awaiting.delete(awaiting)
    this.#news.cut('slow')
    awaiting.tooSlow()
  }

  #refuse(socket: Socket, reason?: Cut): false {
    if (reason !== undefined) this.#news.cut(reason)
    socket.destroy()
    return false
  }

  #evict(): boolean {
    for (const [name, held] of this.#unproven) {
      this.#cut(name, held, 'evicted')
      return true
    }
    return false
  }

  #cut(name: string, held: Held, reason: Cut): void {
    this.#news.cut(reason)
    this.#leave(name, held)
    held.socket.destroy()
  }

  /** Safe twice: a socket that is destroyed closes later. */
  #leave(name: string, held: Held): void {
    if (this.#all.get(name) !== held) return
    this.#all.delete(name)
    this.#unproven.delete(name)
    const left = this.#ofAddress(held.address) - 1
    if (left <= 0) this.#perAddress.delete(held.address)
    else this.#perAddress.set(held.address, left)
  }
}

function restart(awaiting: Awaiting, now: number): void {
  awaiting.stretchAt = now
  awaiting.stretchBytes = awaiting.bytes()
}
