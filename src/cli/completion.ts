import type { Io } from "./io.ts";

/** A shell that can be told how to complete our command lines. */
type Shell = "bash" | "zsh" | "fish";

/**
 * Writes what a shell reads to complete our command lines. It knows none of our commands: it asks `runbook __complete` at each TAB, so that it is
 * never older than the program. bash 3.2 can read it.
 */
export function completion(shell: Shell, io: Io): number {
  io.out(SCRIPTS[shell]);
  return 0;
}

const BASH = `# bash completion of runbook: source it, or put it into a directory of bash-completion as \`runbook\`
_runbook() {
  local me=runbook word glue= cur strip kind line i
  local -a words
  # A path that was typed is asked itself; a name is never taken for a file of the directory we are in.
  case \${COMP_WORDS[0]} in */*) [ -x "\${COMP_WORDS[0]}" ] && me=\${COMP_WORDS[0]} ;; esac
  # readline takes \`--input=x\` for three words.
  words=("")
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ $i -gt 1 ] && { case $word in [=:]*) true ;; *) [ -n "$glue" ] && [ -n "$word" ] ;; esac; }; then
      words[\${#words[@]} - 1]=\${words[\${#words[@]} - 1]}$word
    else
      words[\${#words[@]}]=$word
    fi
    case $word in *[=:]) glue=1 ;; *) glue= ;; esac
  done
  cur=\${words[\${#words[@]} - 1]}
  strip=\${cur%"\${cur##*[=:]}"}
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r line; do COMPREPLY[\${#COMPREPLY[@]}]=\${line%%$'\\t'*}; done
  } < <("$me" __complete -- "\${words[@]:1}" 2>/dev/null)
  for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=\${COMPREPLY[i]#"$strip"}; done
  case $kind in
    parts) compopt -o nospace 2>/dev/null ;;
    files) compopt -o default 2>/dev/null || kind=-f ;;
    directories) compopt -o dirnames 2>/dev/null || kind=-d ;;
  esac
  # bash 3 cannot be asked for the files that it would offer by itself.
  case $kind in
    -*) while IFS= read -r line; do COMPREPLY[\${#COMPREPLY[@]}]=$line; done < <(compgen "$kind" -- "\${cur#"$strip"}") ;;
  esac
  return 0
}
complete -F _runbook runbook
`;

const ZSH = `#compdef runbook
# zsh completion of runbook: source it after compinit, or put it into a directory of $fpath as _runbook
_runbook() {
  local me=runbook kind line
  local -a out values shown
  [[ $words[1] == */* && -x $words[1] ]] && me=$words[1]
  out=("\${(@f)$("$me" __complete -- "\${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  kind=$out[1]
  for line in "\${(@)out[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line%$'\\t'}")
  done
  shown=("\${(@)shown/$'\\t'/  -- }")
  case $kind in
    files) [[ $PREFIX == --*=* ]] && compset -P '--*='; _files ;;
    directories) [[ $PREFIX == --*=* ]] && compset -P '--*='; _files -/ ;;
    parts) (( $#values )) && compadd -Q -S '' -V runbook -l -d shown -a values ;;
    words) (( $#values )) && compadd -Q -V runbook -l -d shown -a values ;;
  esac
}
if [ "\${funcstack[1]-}" = _runbook ]; then _runbook "$@"; else compdef _runbook runbook; fi
`;

const FISH = `# fish completion of runbook: source it, or put it into ~/.config/fish/completions/runbook.fish
function __runbook_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l me runbook
    string match -q '*/*' -- $before[1]; and test -x $before[1]; and set me $before[1]
    set -l out (command $me __complete -- $before[2..-1] "$word" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]+=' "$word")
    set -l rest (string replace -r -- '^--[^=]+=' '' "$word")
    switch "$out[1]"
        case files
            __fish_complete_path "$rest" | string replace -r -- '^' "$option"
        case directories
            __fish_complete_directories "$rest" | string replace -r -- '^' "$option"
        case words parts
            string join \\n -- $out[2..-1]
    end
end
complete -c runbook -f -k -a '(__runbook_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
