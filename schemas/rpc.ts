/** Unary gRPC calls as services see them: messages are bytes. The adapter that speaks HTTP/2 is `infra/grpc`. */

export interface RpcCall {
  /** Text metadata, names in lower case, first value of each. */
  readonly metadata: ReadonlyMap<string, string>
  /** Decompressed message. */
  readonly message: Buffer
  /** Address of the other end of the connection. */
  readonly peer: string
}

/** gRPC status codes that we give (grpc.io, "Status codes and their use in gRPC"). */
export const RPC_STATUS = {
  ok: 0, invalidArgument: 3, permissionDenied: 7, resourceExhausted: 8, unimplemented: 12, unavailable: 14, unauthenticated: 16,
} as const
export type RpcStatus = (typeof RPC_STATUS)[keyof typeof RPC_STATUS]

export type RpcAnswer =
  | { readonly status: 0; readonly message: Buffer }
  /** `details` is an encoded google.rpc.Status, sent as `grpc-status-details-bin`. */
  | { readonly status: Exclude<RpcStatus, 0>; readonly reason: string; readonly details: Buffer }

/** Answers one method. Must not throw; if it does, the caller hears UNAVAILABLE. */
export type RpcHandler = (call: RpcCall) => Promise<RpcAnswer>
