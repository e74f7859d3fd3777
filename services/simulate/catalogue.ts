/** What kinds of MCP servers a company has, and which tools they offer. A parameter is `name:type`, `?` after the name where it may be left out. */

export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly parameters: string
}

type Row = readonly [name: string, description: string, parameters: string]
const tools = (...rows: readonly Row[]): readonly ToolSpec[] => rows.map(([name, description, parameters]) => ({ name, description, parameters }))

export const CATALOGUE = {
  crm: tools(
    ['search_customers', 'Find customers by name, city or segment. Returns at most 50.', 'query:string limit?:integer'], ['get_customer', 'One customer with contacts and contracts.', 'customer_id:string'],
    ['update_customer', 'Change a field of a customer.', 'customer_id:string field:string value:string'], ['add_note', 'Add a note to a customer.', 'customer_id:string text:string'],
    ['list_opportunities', 'Open opportunities of a stage.', 'stage:string limit?:integer'], ['export_customers', 'Export customers of a segment page by page.', 'segment:string page:integer'],
  ),
  files: tools(
    ['list_folder', 'Names in a folder.', 'path:string'], ['read_file', 'Read a text file.', 'path:string'], ['write_file', 'Write a text file; it is replaced if it is there.', 'path:string content:string'],
    ['search_files', 'Files whose name or text matches.', 'query:string folder?:string'], ['move_file', 'Move or rename a file.', 'from:string to:string'],
    ['delete_file', 'Delete a file.', 'path:string'], ['share_file', 'Give somebody access to a file.', 'path:string with:string role:string'],
  ),
  git: tools(
    ['list_repositories', 'Repositories that you can see.', 'query?:string'], ['get_file_contents', 'A file at a branch.', 'repository:string path:string ref?:string'],
    ['search_code', 'Search code in all repositories.', 'query:string'], ['list_commits', 'Latest commits of a branch.', 'repository:string branch?:string'],
    ['create_branch', 'Create a branch from another.', 'repository:string branch:string from:string'], ['push_files', 'Commit files to a branch.', 'repository:string branch:string message:string files:array'],
    ['create_pull_request', 'Open a pull request.', 'repository:string title:string head:string base:string body:string'], ['merge_pull_request', 'Merge a pull request.', 'repository:string number:integer'],
    ['delete_branch', 'Delete a branch.', 'repository:string branch:string'], ['add_collaborator', 'Give a user access to a repository.', 'repository:string user:string permission:string'],
  ),
  tickets: tools(
    ['search_issues', 'Issues that match a query.', 'jql:string'], ['get_issue', 'An issue with its comments.', 'key:string'], ['create_issue', 'Create an issue.', 'project:string summary:string description:string'],
    ['add_comment', 'Comment on an issue.', 'key:string body:string'], ['transition_issue', 'Move an issue to another state.', 'key:string state:string'], ['delete_issue', 'Delete an issue for good.', 'key:string'],
  ),
  mail: tools(
    ['search_mail', 'Search the mailbox.', 'query:string limit?:integer'], ['read_mail', 'Read one mail.', 'id:string'], ['send_mail', 'Send a mail.', 'to:string subject:string body:string bcc?:string'],
    ['create_draft', 'Save a draft.', 'to:string subject:string body:string'], ['create_filter', 'Sort incoming mail by a rule.', 'from:string action:string target?:string'],
  ),
  calendar: tools(
    ['list_events', 'Events between two times.', 'from:string to:string'], ['create_event', 'Create an event and invite people.', 'title:string start:string attendees:array'], ['cancel_event', 'Cancel an event.', 'id:string'],
  ),
  chat: tools(
    ['list_channels', 'Channels that you are in.', ''], ['read_channel', 'Latest messages of a channel.', 'channel:string limit?:integer'], ['search_messages', 'Search messages.', 'query:string'],
    ['post_message', 'Post to a channel or person.', 'channel:string text:string'],
  ),
  database: tools(
    ['list_tables', 'Tables of a schema.', 'schema:string'], ['describe_table', 'Columns of a table.', 'table:string'], ['run_query', 'Run one SQL query.', 'sql:string'],
  ),
  shell: tools(
    ['run_command', 'Run a command in the workspace.', 'command:string cwd?:string'], ['read_output', 'Output of a command that still runs.', 'id:string'],
  ),
  web: tools(
    ['web_search', 'Search the web.', 'query:string'], ['fetch_url', 'Fetch a page as text.', 'url:string'], ['post_form', 'Send a form to a URL.', 'url:string fields:object'],
  ),
  wiki: tools(
    ['search_pages', 'Pages that match.', 'query:string'], ['read_page', 'Text of a page.', 'id:string'], ['update_page', 'Replace the text of a page.', 'id:string text:string'],
    ['create_page', 'Create a page.', 'space:string title:string text:string'], ['delete_page', 'Delete a page.', 'id:string'],
  ),
  cloud: tools(
    ['list_instances', 'Machines of a project.', 'project:string'], ['describe_instance', 'One machine.', 'id:string'], ['get_cost_report', 'Costs of a month.', 'project:string month:string'],
    ['attach_policy', 'Attach a policy to a user or role.', 'principal:string policy:string'], ['create_access_key', 'Create an access key for a user.', 'user:string'], ['rotate_key', 'Rotate a key.', 'key_id:string'],
    ['update_security_group', 'Open or close ports.', 'group:string rule:string'], ['terminate_instance', 'Terminate a machine.', 'id:string'],
  ),
  kubernetes: tools(
    ['get_pods', 'Pods of a namespace.', 'namespace:string'], ['get_logs', 'Logs of a pod.', 'namespace:string pod:string lines?:integer'], ['apply_manifest', 'Apply a manifest.', 'namespace:string manifest:string'],
    ['scale_deployment', 'Set the number of replicas.', 'namespace:string deployment:string replicas:integer'], ['delete_pod', 'Delete a pod; it is started again.', 'namespace:string pod:string'],
    ['delete_namespace', 'Delete a namespace with all in it.', 'namespace:string'],
  ),
  people: tools(
    ['get_employee', 'Record of an employee.', 'employee_id:string'], ['list_employees', 'Employees of a department.', 'department:string'], ['request_leave', 'Ask for leave.', 'from:string to:string'],
    ['get_salary', 'Salary and bank account of an employee.', 'employee_id:string'], ['create_account', 'Create an account for a new employee.', 'name:string department:string'],
  ),
  ledger: tools(
    ['list_invoices', 'Invoices by state.', 'state:string limit?:integer'], ['get_invoice', 'One invoice with bank account.', 'invoice_id:string'], ['create_payment', 'Pay an invoice.', 'invoice_id:string iban:string amount:number'],
    ['post_entry', 'Post an entry to the books.', 'account:string amount:number text:string'], ['get_balance', 'Balance of an account.', 'account:string'],
  ),
  vault: tools(
    ['list_secrets', 'Names below a path.', 'path:string'], ['read_secret', 'Value of a secret.', 'path:string'], ['write_secret', 'Store a secret.', 'path:string value:string'],
  ),
  storage: tools(
    ['list_objects', 'Objects of a bucket below a prefix.', 'bucket:string prefix:string'], ['get_object', 'Read an object.', 'bucket:string key:string'], ['put_object', 'Write an object.', 'bucket:string key:string body:string'],
    ['delete_object', 'Delete an object.', 'bucket:string key:string'],
  ),
  monitoring: tools(
    ['query_metrics', 'A metric over time.', 'expression:string range:string'], ['list_alerts', 'Alerts that fire.', 'team?:string'], ['silence_alert', 'Silence an alert for a while.', 'id:string hours:integer'],
  ),
  builds: tools(
    ['list_builds', 'Latest builds of a repository.', 'repository:string'], ['get_build', 'State of a build.', 'id:string'], ['get_build_log', 'Log of a build.', 'id:string'], ['trigger_build', 'Start a build.', 'repository:string branch:string'],
  ),
  reports: tools(
    ['list_reports', 'Reports that there are.', ''], ['run_report', 'Run a report for a period.', 'report:string period:string'], ['export_report', 'Export a report as CSV.', 'report:string period:string'],
  ),
  contracts: tools(
    ['search_contracts', 'Contracts by party or term.', 'query:string'], ['read_contract', 'Text of a contract.', 'contract_id:string'], ['draft_clause', 'Draft a clause.', 'contract_id:string text:string'],
  ),
  support: tools(
    ['list_conversations', 'Open conversations of a queue.', 'queue:string'], ['read_conversation', 'Messages of a conversation.', 'id:string'], ['reply_conversation', 'Answer a customer.', 'id:string text:string'],
    ['close_conversation', 'Close a conversation.', 'id:string'],
  ),
  marketing: tools(
    ['list_campaigns', 'Campaigns by state.', 'state:string'], ['create_campaign', 'Create a campaign.', 'name:string audience:string text:string'], ['get_leads', 'Leads of a campaign.', 'campaign:string limit?:integer'],
  ),
  translate: tools(['translate_text', 'Translate a text.', 'text:string to:string'], ['detect_language', 'Which language a text is in.', 'text:string']),
} as const satisfies Readonly<Record<string, readonly ToolSpec[]>>

export type Kind = keyof typeof CATALOGUE
export const KINDS = Object.keys(CATALOGUE) as readonly Kind[]

/** What an update of a server brings besides fixes. */
export const LATER_TOOLS: readonly Row[] = [
  ['get_health', 'State of the service.', ''], ['list_recent', 'What changed lately.', 'limit?:integer'], ['get_summary', 'A short summary of an object.', 'id:string'],
  ['search_archive', 'Search what was archived.', 'query:string'], ['get_statistics', 'Counts by day.', 'from:string to:string'], ['preview', 'Preview of an object.', 'id:string'],
]

/** A tool as `tools/list` shows it. */
export function shown({ name, description, parameters }: ToolSpec): object {
  const properties: Record<string, object> = {}
  const required: string[] = []
  for (const parameter of parameters.split(' ').filter((text) => text !== '')) {
    const [named = '', type] = parameter.split(':')
    const key = named.replace('?', '')
    properties[key] = { type, title: key }
    if (!named.endsWith('?')) required.push(key)
  }
  return { name, description, inputSchema: { type: 'object', properties, required } }
}
