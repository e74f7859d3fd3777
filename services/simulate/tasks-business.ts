/** Tasks of sales, support, finance, people, legal and marketing. */
import { topic } from './company.ts'
import { on, type Scene, type Task, text } from './task.ts'
import { customerId, customerMail, customerRow, iban, NOUNS, prose, rows } from './words.ts'

const invoiceOf = ({ dice }: Scene): string => `INV-${dice.int(10_000, 99_999)}`

export const BUSINESS_TASKS: readonly Task[] = [
  { needs: ['crm'], roles: { sales: 6, support: 3, marketing: 1.5 }, make(scene) {
    const { dice, person } = scene
    const company = dice.pick(person.customers)
    const customer_id = customerId(company)
    return {
      says: dice.pick([`What do we know about ${company}?`, `Prepare me for the call with ${company}`, `Who is our contact at ${company}?`]),
      calls: [
        on(scene, 'crm', 'search_customers', { args: { query: company, limit: 5 }, result: JSON.stringify([{ id: customer_id, company }]) }),
        on(scene, 'crm', 'get_customer', { args: { customer_id }, result: JSON.stringify({ id: customer_id, company, contact: customerMail(dice, company), notes: text(dice, 500) }) }),
      ], answer: prose(dice, 250),
    }
  } },
  { needs: ['crm'], roles: { sales: 2.5, support: 1 }, make(scene) {
    const { dice, person } = scene
    const company = dice.pick(person.customers)
    const customer_id = customerId(company)
    return dice.chance(0.6)
      ? { says: `Add a note to ${company} (${customer_id}): they like the ${topic(dice)}`, calls: [on(scene, 'crm', 'add_note', { args: { customer_id, text: prose(dice, 120) }, result: 'ok' })] }
      : { says: `Set the status of ${customer_id} to active`, calls: [on(scene, 'crm', 'update_customer', { args: { customer_id, field: 'status', value: 'active' }, result: 'ok' })] }
  } },
  { needs: ['crm', 'mail'], roles: { sales: 2 }, make(scene) {
    const { dice, person } = scene
    const company = dice.pick(person.customers)
    const [customer_id, to] = [customerId(company), customerMail(dice, company)]
    return {
      says: dice.pick([`Send our contact at ${company} the quote for ${topic(dice)}`, `Mail ${company} that the offer is ready`]),
      calls: [
        on(scene, 'crm', 'search_customers', { args: { query: company, limit: 5 }, result: JSON.stringify([{ id: customer_id, company }]) }), on(scene, 'crm', 'get_customer', { args: { customer_id }, result: JSON.stringify({ id: customer_id, company, contact: to }) }),
        on(scene, 'mail', 'send_mail', { args: { to, subject: `Offer ${topic(dice)}`, body: prose(dice, 350) }, result: 'Mail sent.' }),
      ],
    }
  } },
  { needs: ['crm'], roles: { sales: 1.5, marketing: 0.5, manager: 0.3 }, make(scene) {
    const { dice } = scene
    const stage = dice.pick(['proposal', 'negotiation', 'discovery'])
    return { says: `Which deals are in ${stage}?`, calls: [on(scene, 'crm', 'list_opportunities', { args: { stage, limit: 50 }, result: rows(dice.around(2_500), customerRow(dice)) })] }
  } },
  { needs: ['crm'], roles: { marketing: 0.4, sales: 0.15 }, make(scene) {
    const { dice } = scene
    const segment = dice.pick(['emea-smb', 'us-enterprise', 'apac'])
    return { says: `Export the segment ${segment} for the campaign`, calls: Array.from({ length: dice.int(1, 8) }, (_, page) => on(scene, 'crm', 'export_customers', { args: { segment, page: page + 1 }, result: rows(9_000, customerRow(dice)) })) }
  } },
  { needs: ['support'], roles: { support: 8 }, make(scene) {
    const { dice } = scene
    const ids = Array.from({ length: dice.int(1, 4) }, () => `cv-${dice.int(100_000, 999_999)}`)
    const replies = ids.flatMap((id) => [on(scene, 'support', 'read_conversation', { args: { id }, result: text(dice, 900) }), ...(dice.chance(0.7) ? [on(scene, 'support', 'reply_conversation', { args: { id, text: prose(dice, 260) }, result: 'sent' })] : [])])
    return {
      says: dice.pick(['Answer the next conversations in my queue', `Reply to ${ids.join(', ')} and say that we look into it`, 'Work through the open conversations and reply']),
      calls: [on(scene, 'support', 'list_conversations', { args: { queue: dice.pick(['billing', 'technical', 'general']) }, result: JSON.stringify(ids.map((id) => ({ id, subject: topic(dice) }))) }), ...replies],
    }
  } },
  { needs: ['translate'], roles: { support: 1.5, legal: 1, marketing: 1.5 }, make(scene) {
    const { dice } = scene
    return { says: 'Translate this into German', calls: [on(scene, 'translate', 'translate_text', { args: { text: prose(dice, 300), to: 'de' }, result: prose(dice, 320) })] }
  } },
  { needs: ['ledger'], roles: { finance: 4 }, make(scene) {
    const { dice } = scene
    const ids = Array.from({ length: dice.int(1, 4) }, () => invoiceOf(scene))
    return {
      says: 'Which invoices are due?',
      calls: [on(scene, 'ledger', 'list_invoices', { args: { state: 'due', limit: 50 }, result: rows(dice.around(1_500), (at) => ({ id: ids[at] ?? invoiceOf(scene), amount: dice.int(100, 90_000) })) }), ...ids.map((invoice_id) => on(scene, 'ledger', 'get_invoice', { args: { invoice_id }, result: JSON.stringify({ invoice_id, iban: iban(dice), amount: dice.int(100, 90_000) }) }))],
    }
  } },
  { needs: ['ledger'], roles: { finance: 2.5 }, make(scene) {
    const { dice } = scene
    const [invoice_id, account, amount] = [invoiceOf(scene), iban(dice), dice.int(100, 90_000)]
    return {
      says: dice.pick([`Pay invoice ${invoice_id}`, `Please transfer the amount of ${invoice_id}`]),
      calls: [on(scene, 'ledger', 'get_invoice', { args: { invoice_id }, result: JSON.stringify({ invoice_id, iban: account, amount }) }), on(scene, 'ledger', 'create_payment', { args: { invoice_id, iban: account, amount }, result: 'paid' })],
    }
  } },
  { needs: ['ledger'], roles: { finance: 2 }, make(scene) {
    const { dice } = scene
    const account = String(dice.int(1_000, 8_999))
    return { says: `Post the accruals of account ${account}`, calls: Array.from({ length: dice.int(2, 10) }, () => on(scene, 'ledger', 'post_entry', { args: { account, amount: dice.int(10, 40_000), text: topic(dice) }, result: 'posted' })) }
  } },
  { needs: ['people'], roles: { people: 6, manager: 1.2 }, make(scene) {
    const { dice } = scene
    const department = dice.pick(['sales', 'engineering', 'support', 'finance'])
    const ids = Array.from({ length: dice.int(1, 3) }, () => `E${dice.int(1_000, 9_999)}`)
    return {
      says: dice.pick([`Who works in ${department}?`, `Show the records of ${ids.join(', ')}`]),
      calls: [on(scene, 'people', 'list_employees', { args: { department }, result: text(dice, 900) }), ...ids.map((employee_id) => on(scene, 'people', 'get_employee', { args: { employee_id }, result: text(dice, 400) }))],
    }
  } },
  { needs: ['people'], roles: { people: 1.5 }, make(scene) {
    const { dice } = scene
    const employee_id = `E${dice.int(1_000, 9_999)}`
    return dice.chance(0.6)
      ? { says: `What is the salary of ${employee_id}?`, calls: [on(scene, 'people', 'get_salary', { args: { employee_id }, result: JSON.stringify({ employee_id, salary: dice.int(30_000, 180_000), iban: iban(dice) }) })] }
      : { says: 'Create an account for our new colleague Robin Stone in sales', calls: [on(scene, 'people', 'create_account', { args: { name: 'Robin Stone', department: 'sales' }, result: JSON.stringify({ employee_id }) })] }
  } },
  { needs: ['contracts'], roles: { legal: 6, sales: 0.7 }, make(scene) {
    const { dice, person } = scene
    const [company, contract_id] = [dice.pick(person.customers), `K-${dice.int(100, 999)}`]
    return {
      says: dice.pick([`What does our contract with ${company} say on ${dice.pick(NOUNS)}?`, `Review the contract ${contract_id} of ${company}`]),
      calls: [on(scene, 'contracts', 'search_contracts', { args: { query: company }, result: JSON.stringify([{ contract_id, party: company }]) }), on(scene, 'contracts', 'read_contract', { args: { contract_id }, result: text(dice, 9_000) })], answer: prose(dice, 400),
    }
  } },
  { needs: ['contracts'], roles: { legal: 2 }, make(scene) {
    const { dice } = scene
    const contract_id = `K-${dice.int(100, 999)}`
    return { says: `Draft a clause on ${dice.pick(NOUNS)} for ${contract_id}`, calls: [on(scene, 'contracts', 'read_contract', { args: { contract_id }, result: text(dice, 6_000) }), on(scene, 'contracts', 'draft_clause', { args: { contract_id, text: prose(dice, 500) }, result: 'drafted' })] }
  } },
  { needs: ['marketing'], roles: { marketing: 4 }, make(scene) {
    const { dice } = scene
    const name = topic(dice)
    return dice.chance(0.6)
      ? { says: 'How do our campaigns run?', calls: [on(scene, 'marketing', 'list_campaigns', { args: { state: 'running' }, result: text(dice, 700) }), on(scene, 'marketing', 'get_leads', { args: { campaign: name, limit: 50 }, result: rows(2_500, customerRow(dice)) })] }
      : { says: `Create a campaign on ${name}`, calls: [on(scene, 'marketing', 'create_campaign', { args: { name, audience: 'smb', text: prose(dice, 400) }, result: JSON.stringify({ id: dice.hex(8) }) })] }
  } },
]
