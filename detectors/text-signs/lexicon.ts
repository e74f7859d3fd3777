/**
 * What single words can be in a text that gives a model orders. Common words only, by what they do in a sentence; a word alone says nothing,
 * `signs.ts` looks for several in one sentence. Data only.
 */

/** Roles of a word; a word can have several. */
export const ROLE = {
  /** ignore, disregard: what is done to earlier instructions. */
  override: 1 << 0,
  /** previous, above. */
  prior: 1 << 1,
  /** instructions, rules: what a model was given. */
  rules: 1 << 2,
  /** reveal, print, repeat. */
  reveal: 1 << 3,
  /** send, upload, pay: moves something out. */
  send: 1 << 4,
  /** password, token, key. */
  secret: 1 << 5,
  user: 1 << 6,
  /** tell, mention, notify. */
  tell: 1 << 7,
  not: 1 << 8,
  model: 1 << 9,
  you: 1 << 10,
  your: 1 << 11,
  must: 1 << 12,
  /** pretend, roleplay. */
  persona: 1 << 13,
  /** unrestricted, uncensored. */
  free: 1 << 14,
  /** filters, restrictions, ethics: what holds a model back. */
  limits: 1 << 15,
  before: 1 << 16,
  call: 1 << 17,
  tool: 1 << 18,
  /** response, answer: what the model will say. */
  reply: 1 << 19,
  silent: 1 << 20,
  /** Words that only attack tools are described by. */
  attack: 1 << 21,
  /** Words that attack tools are described by, and others too. */
  offensive: 1 << 22,
  /** system, developer, administrator. */
  authority: 1 << 23,
  all: 1 << 24,
  now: 1 << 25,
  fresh: 1 << 26,
  /** hidden, initial, full: how a prompt that is asked for is called. */
  inner: 1 << 27,
  /** prefer, rather, instead. */
  prefer: 1 << 28,
  /** include, append, insert. */
  include: 1 << 29,
  /** conversation, history, context: what only the model has. */
  context: 1 << 30,
  /** follow, listen to: what one does with instructions. */
  obey: 1 << 31,
} as const
export type Role = keyof typeof ROLE

const WORDS: Readonly<Record<Role, string>> = {
  override:
    'disobey ignore ignores ignored ignoring disregard disregards disregarding disregarded forget forgets forgetting forgotten override overrides overriding overridden overrule bypass ' +
    'bypasses bypassing bypassed neglect discard circumvent supersede supersedes violate violating contradict contradicting evade disable disables disabled disabling ' +
    'ignoriere ignorieren ignoriert vergiss vergesse vergessen missachte missachten ignora ignore ignorez ignorer ignorar olvida olvide olvidar oublie oubliez oublier dimentica ' +
    'dimenticare ignori esqueça esquece desconsidere negeer vergeet игнорируй игнорируйте игнорировать забудь забудьте zignoruj zapomnij ignorera glöm',
  prior:
    'previous previously prior preceding above earlier foregoing former initial original past existing before beforehand so-far current ' +
    'vorherige vorherigen vorheriger vorhergehenden bisherige bisherigen obige obigen obenstehenden davor zuvor vorigen früheren anteriores anterior previas previos previo précédentes ' +
    'précédente précédents antérieures precedenti precedente anteriori vorige eerdere предыдущие предыдущих прежние poprzednie tidigare',
  rules:
    'instruction instructions directive directives direction directions prompt prompts task tasks rule rules command commands guideline guidelines guidance order orders policy policies ' +
    'programming constraint constraints restriction restrictions protocol protocols safeguard safeguards guardrail guardrails training moderation ' +
    'anweisung anweisungen befehl befehle befehlen regel regeln angaben aufgabe aufgaben vorgaben instrucciones instrucción reglas órdenes tâche tâches tarea tareas consignes consigne règles istruzioni regole ' +
    'instruções regras instructies opdrachten инструкции инструкций правила instrukcje polecenia instruktioner',
  reveal:
    'reveal reveals revealing print show display output disclose leak expose repeat recite tell give provide share spell translate rephrase summarize summarise ' +
    'paraphrase echo dump reprint zeige zeig gib nenne verrate drucke drucken wiederhole révèle affiche muestra revela dime mostra rivela toon',
  send:
    'send sends sending forward forwards forwarding post posts upload uploads uploading email transmit transmits transmitting exfiltrate submit deliver relay bcc cc publish transfer wire ' +
    'pay buy purchase donate visit click navigate copy share invite sende senden schicke envía enviar envoie envoyez invia envie http_post fetch curl wget ping',
  secret:
    'password passwords creds passwort passphrase secret secrets credential credentials token tokens api_key apikey api-key keys cookie cookies env .env id_rsa id_ed25519 ssh authorization bearer ' +
    'pin cvv seed mnemonic keychain contraseña contraseñas kennwort private',
  user: 'user users human humans customer person owner operator anyone anybody nobody them him her benutzer nutzer usuario utilisateur utente',
  tell: 'tell told informed notified mentioned disclosed asked telling mention mentioning inform informing notify notifying disclose disclosing reveal revealing alert alerting ask asking warn warning say saying show showing explain reference acknowledge let',
  not: "stop cease quit not don't dont never without no avoid must-not shouldn't won't cannot can't neither refrain nicht nie ohne keine keinen no nunca sin ne jamais sans non mai senza",
  model: 'assistant assistants ai agent agents model models llm llms chatbot bot gpt chatgpt claude gemini copilot llama ki ia machine',
  you: "you you're youre yourself du dich sie ihr tu usted vous tú u",
  your: 'your yours deine deinen deiner dein ihre ihren seine tu tus su sus votre vos tes ton la tua tuoi je jouw',
  must:
    'muss doit deve must should always required requires mandatory need needs shall have critical important essential obligatory immediately urgent absolutely strictly verpflichtet musst müssen sollst immer ' +
    'debe debes siempre dois devez toujours devi sempre deve',
  persona:
    'pretend pretending roleplay role-play role-playing roleplaying persona persona character simulate simulating impersonate imagine act acting behave become embody rolle schauspieler ' +
    'actúa finge',
  free:
    'unrestricted unfiltered uncensored unlimited unbound unconstrained jailbreak jailbroken jailbreaking dan amoral unethical lawless unmoderated restriction-free god-mode unshackled unchained freed liberated',
  limits:
    'restriction restrictions filter filters filtering limitation limitations censorship ethics ethical morals moral morality safety guardrails safeguards content-policy safeguard boundaries limits ' +
    'constraints moderation policy policies guidelines disclaimers warnings refusal refuse refuses refusing decline beschränkungen restricciones limites',
  before: 'before first prior prerequisite initially beforehand preliminary whenever each every prior-to when after',
  call: 'call calls calling invoke invokes invoking use uses using run runs running execute executes executing trigger chain',
  tool: 'tool tools function functions plugin plugins command endpoint api server mcp',
  reply:
    'response responses answer answers reply replies output outputs summary summaries explanation antwort antworten respuesta respuestas réponse réponses ' +
    'risposta resposta',
  silent: 'silently secretly quietly covertly discreetly invisibly stealthily surreptitiously heimlich unbemerkt silenciosamente discrètement unnoticed undetected hidden transparently background',
  attack:
    'attack attacks attacking exploit exploits exploiting exploitation exfiltrate exfiltrates exfiltrating exfiltrated exfiltration exfil backdoor backdoors keylogger keylogging keylog rootkit ransomware ' +
    'malware trojan botnet shellcode privesc deserialization unserialize kerberoast kerberoasting asreproast mimikatz lsass spoof spoofing spoofed bruteforce brute brute-force bruteforcing phishing phish ' +
    'pivoting webshell hijack hijacks hijacking poisoning poison xxe ssrf ssti xss sqli rce lfi rfi csrf nosqli steal steals stealing stolen sniff sniffing sniffer deauth mitm c2 beaconing dropper stager ' +
    'implant cracking cracker timestomp timestomping wiper ddos dos amplification cryptojacking breakout dcsync antiforensics anti-forensics covert evasion evade evades evading victim victims attacker ' +
    'malicious weaponize weaponized escalation privilege-escalation hashdump typosquat typosquatting impersonation injection injections recon reconnaissance cred creds',
  offensive:
    'bypass bypasses bypassing inject injects injecting tunnel tunneling tunnelling tamper tampering tampers intercept intercepts intercepting enumerate enumerates enum enumeration fuzz fuzzing traversal ' +
    'overflow race spray spraying escape disable disables disabling kill takeover forge forges forged forging capture captures capturing crack cracks dump dumps dumping dumped grab grabs grabbing harvest ' +
    'harvests harvesting impersonate impersonates corrupt corrupts corrupting exhaust exhausts exhausting hook hooks hooking abuse abuses abusing decrypt decrypts smuggle smuggling flood flooding bomb ' +
    'obfuscate obfuscates obfuscated obfuscation manipulate manipulates manipulating wipe wipes wiping hide hides hiding persist persistence escalate escalates relay overwrite reverse bind scan scanning ' +
    'extract extracts extracting attempt silently payload payloads gadget steganography stego conceal destroy destroys leak leaks',
  authority:
    'system systems administrator administrators admin developer developers developer-mode supervisor sysadmin root moderator openai anthropic official authorized authorised security compliance maintenance override sistema système systeme',
  all: 'all any every everything anything whatever entire whole alle alles allen todas todos todo tout toutes tous tutte tutti',
  now: 'now henceforth onwards onward forward instead nun jetzt ab ahora maintenant adesso agora',
  fresh: 'new further weitere weiteren next updated revised changed different real true actual neue neuen neues neuer nueva nuevas nuevo nouvelle nouvelles nuove nuova',
  inner: 'system hidden initial original internal secret full entire complete exact verbatim confidential underlying base core top beginning',
  prefer: 'prefer preferred prefers favor favour supersedes supersede replaces replace instead rather deprecated obsolete over',
  include: 'include includes including append appending insert add adding embed embedding attach incorporate prepend inject prefix begin start end modify adjust ensure replace rewrite included appended added inserted embedded attached angehängt hinzugefügt eingefügt añadirse añadir incluir agregarse ajouté ajouter inclus aggiunto adicionado incluído',
  context:
    'conversation conversations history transcript chat reasoning chain-of-thought thoughts',
  obey: 'follow listen listening obey obeying comply complying adhere adhering heed respect apply abide höre hör hören befolge befolgen sigas escuches suis écoute',
}

/** Word → roles. */
export const ROLES: ReadonlyMap<string, number> = (() => {
  const index = new Map<string, number>()
  for (const [role, words] of Object.entries(WORDS) as readonly (readonly [Role, string])[]) {
    for (const word of words.split(' ')) index.set(word, (index.get(word) ?? 0) | ROLE[role])
  }
  return index
})()

/** What attacks are made on. Read together with the words of attacks only. */
export const TARGETS: ReadonlySet<string> = new Set((
  'credential credentials password passwords hash hashes cookie cookies token tokens secret secrets keychain ticket tickets session sessions memory process processes shell logging logs log event tracing ' +
  'authentication privileges privileged root admin administrator sudo suid setuid kernel registry sam ntds lsa ldap kerberos smb dns icmp domain subdomain subdomains zone vhost port ports host hosts network ' +
  'wifi wireless bluetooth bucket buckets permissions exports services wordlist dictionary victim target antivirus edr defender firewall sandbox container hypervisor clipboard keystrokes keystroke screenshot ' +
  'microphone webcam browser history wallet wallets ssh certificate filesystem boot firmware inodes users user accounts account employees emails metadata jwt saml oauth deleted vulnerable server ' +
  'accesses data file files environment master detection forensic forensics trace traces system'
).split(' '))

/** Languages written without blanks: a phrase that overrides what was said before, or asks for the prompt. Searched as it stands. */
export const UNSPACED: ReadonlyMap<string, readonly Role[]> = new Map<string, readonly Role[]>([
  ...['忽略', '无视', '無視', '忘记', '忘掉', '忘れて', '忘れろ', '무시'].map((word) => [word, ['override']] as const),
  ...['之前', '以上', '上述', '先前', '以前', 'これまで', '上記', '이전'].map((word) => [word, ['prior']] as const),
  ...['指令', '指示', '规则', '規則', '提示词', '命令', 'プロンプト', '지시', '명령'].map((word) => [word, ['rules']] as const),
  ...['不要告诉', '别告诉', '秘密に', '말하지'].map((word) => [word, ['not', 'tell', 'user']] as const),
  ...['限制', '制限', '제한', '过滤'].map((word) => [word, ['limits']] as const),
  ...['没有任何', '不受'].map((word) => [word, ['not']] as const),
  ...['从现在开始', '现在你是', '今から'].map((word) => [word, ['now', 'you']] as const),
])

/** Words that most running text in English has, by which garbled text is told from text. */
export const COMMON: ReadonlySet<string> = new Set(
  'the a an of to in and is are was for on with as that this it be by or at from not you your i we they he she all have has will can do if my our what which when'.split(' '),
)
