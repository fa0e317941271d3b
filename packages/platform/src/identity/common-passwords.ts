/** The words that most leaked passwords are made of: alone, repeated, or with digits around them, they are refused. */
export const commonPasswords: readonly string[] = `
  abc account admin administrator amazon america andrew angel apple asdf asdfgh ashley baby babygirl bailey banana baseball
  basketball batman beautiful blink buster butterfly changeme charlie cheese chelsea chocolate computer cookie corvette daniel
  default demo dragon dubsmash eagle facebook family ferrari flower football freedom friends fuckyou george ginger google guest
  hannah harley hello hockey hunter iloveyou internet jennifer jessica jordan joshua justin killer letmein liverpool login love
  lovely loveme maggie manager master matrix matthew merlin michael michelle monkey mustang mypass nicole ninja nothing orange
  pass passpass passw passwd password pepper phoenix pokemon princess purple qazwsx qwer qwert qwerty qwertyuiop ranger robert
  root samsung secret service shadow silver slipway snoopy soccer sophie spider starwars summer sunshine superman superuser system
  temp tempo test testing thomas tigger tiger trustno unknown user welcome whatever william winter winner yankees zaq zxcv zxcvbn
  zxcvbnm woaini aini nihao beijing shanghai china baobao mima haha
`
  .trim()
  .split(/\s+/);
