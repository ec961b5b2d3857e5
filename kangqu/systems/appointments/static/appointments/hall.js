/* The calling board: speaks every call once, in turn; says since when its data are old. The words come from the server. */
(function(){
'use strict';
var D=document,W=window,S=W.speechSynthesis,said={},on=false,got=Date.now(),b=D.getElementById('voice'),off=D.getElementById('board-off');
function calls(){return [].slice.call(D.querySelectorAll('[data-say]'))}
function speak(){calls().reverse().forEach(function(n){
  var k=n.getAttribute('data-key'),u;
  if(said[k])return;
  said[k]=1;
  if(!on||!S)return;
  u=new W.SpeechSynthesisUtterance(n.getAttribute('data-say'));u.lang='zh-CN';u.rate=0.9;S.speak(u)})}
function look(){
  var n=D.getElementById('board'),old=Date.now()-got>3000*(+n.getAttribute('data-every')||5)||navigator.onLine===false;
  if(old)off.querySelector('div').textContent=off.getAttribute('data-off').replace('{t}',n.getAttribute('data-at'));
  off.hidden=!old}
if(S&&b){b.hidden=false;b.addEventListener('click',function(){on=!on;b.setAttribute('aria-pressed',on?'true':'false');if(on){said={};speak()}else S.cancel()})}
calls().forEach(function(n){said[n.getAttribute('data-key')]=1});
D.addEventListener('htmx:afterSwap',function(){got=Date.now();speak();look()});
setInterval(look,1000);
})();
