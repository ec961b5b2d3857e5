/* The board tells the truth about itself: no answer for three looks, or no network, and it says since when. Hidden, it rests. */
(function(){
'use strict';
var D=document,W=window,got=Date.now(),off=D.getElementById('board-off');
function board(){return D.getElementById('board')}
function every(){return (+board().getAttribute('data-every')||15)*1000}
function look(){
  var old=Date.now()-got>3*every(),lost=navigator.onLine===false,t;
  if(!old&&!lost){off.hidden=true;return}
  t=off.getAttribute(lost?'data-off':'data-late').replace('{t}',board().getAttribute('data-at'));
  var d=off.querySelector('div');if(d.textContent!==t)d.textContent=t;
  off.hidden=false}
function again(){if(board()&&W.htmx)W.htmx.trigger(board(),'kq:again')}
D.addEventListener('htmx:beforeRequest',function(e){if(D.hidden)e.preventDefault()});
D.addEventListener('htmx:afterSwap',function(){got=Date.now();look()});
D.addEventListener('visibilitychange',function(){if(!D.hidden){look();again()}});
W.addEventListener('online',again);
W.addEventListener('offline',look);
setInterval(look,1000);
})();
