// What the stand-in authority tells about a user: profile, roles, and the model's only sentence.

import type { Answer } from './faults.js'
import type { User } from './grants.js'

/** `GET /api/oauth/profile` (client 2.1.330). */
export function profileOf(user: User): Answer {
  return {
    status: 200,
    body: {
      account: {
        uuid: user.accountUuid,
        full_name: user.email.split('@')[0],
        display_name: user.email.split('@')[0],
        email: user.email,
        has_claude_max: user.subscriptionType === 'max',
        has_claude_pro: false,
        created_at: '2025-01-01T00:00:00Z',
      },
      organization: {
        uuid: user.organizationUuid,
        name: user.organizationName,
        organization_type: `claude_${user.subscriptionType}`,
        billing_type: 'stripe_subscription',
        rate_limit_tier: 'default_claude_max_5x',
        has_extra_usage_enabled: false,
        subscription_status: 'active',
      },
    },
  }
}

/** `GET /api/oauth/claude_cli/roles` (client 2.1.330). */
export function rolesOf(user: User): Answer {
  return {
    status: 200,
    body: {
      organization_uuid: user.organizationUuid,
      organization_name: user.organizationName,
      organization_role: 'user',
      workspace_uuid: null,
      workspace_name: null,
      workspace_role: null,
    },
  }
}

/** `POST /v1/messages`: one short assistant message, streamed where that was asked for. */
export function messageFor(request: Record<string, unknown> | null, text: string): Answer {
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = {
    id: 'msg_standin',
    type: 'message',
    role: 'assistant',
    model: typeof request?.['model'] === 'string' ? request['model'] : 'claude-standin',
    content: [] as { type: 'text'; text: string }[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage,
  }
  if (request?.['stream'] !== true) {
    const content = [{ type: 'text' as const, text }]
    return { status: 200, body: { ...message, content, stop_reason: 'end_turn' } }
  }
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: events.map(each => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join(''),
  }
}
