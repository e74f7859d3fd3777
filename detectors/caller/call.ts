import type { Interaction } from '../../schemas/interaction.ts'

/** Whether a tool was called, also where an emitter names the tool and no method. */
export const isToolCall = ({ method, tool }: Interaction): boolean => tool !== '' && (method === 'tools/call' || method === '')
