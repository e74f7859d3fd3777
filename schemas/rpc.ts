/** Unary gRPC calls as services see them: messages are bytes. The adapter that speaks HTTP/2 is `infra/grpc`. */
import type { PeerCertificate } from './peer-certificate.ts'

/** What is known before the message is read. */
export interface RpcHead {
  /** Text metadata, names in lower case, first value of each. */
  readonly metadata: ReadonlyMap<string, string>
  /** Address of the other end of the connection. */
  readonly peer: string
  /** What the client showed, where certificates are asked for. */
  readonly certificate?: PeerCertificate | undefined
}

export interface RpcCall extends RpcHead {
  /** Decompressed message. */
  readonly message: Buffer
}

/** gRPC status codes that we give (grpc.io, "Status codes and their use in gRPC"). */
export const RPC_STATUS = {
  ok: 0, invalidArgument: 3, permissionDenied: 7, resourceExhausted: 8, unimplemented: 12, unavailable: 14, unauthenticated: 16,
} as const
export type RpcStatus = (typeof RPC_STATUS)[keyof typeof RPC_STATUS]

/** `details` is an encoded google.rpc.Status, sent as `grpc-status-details-bin`. */
export interface RpcRefusal {
  readonly status: Exclude<RpcStatus, 0>
  readonly reason: string
  readonly details: Buffer
}

export type RpcAnswer = { readonly status: 0; readonly message: Buffer } | RpcRefusal

/** One method. Neither may throw; if one does, the caller hears UNAVAILABLE. */
export interface RpcHandler {
  /** Refuses on the head alone, before the message is read; undefined = go on. */
  admit(head: RpcHead): RpcRefusal | undefined
  /** Checks the head too. */
  answer(call: RpcCall): Promise<RpcAnswer>
}
