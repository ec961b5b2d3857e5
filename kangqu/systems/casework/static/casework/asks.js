/* When a field of a programme's form is asked (kernel/cases/forms): what is not asked is hidden and not sent. Read as the
   server reads, which decides again; without script every field stands there. ES2015 at most. */
(function(){
'use strict';
var UNSEEN=/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;
function all(s,r){return Array.prototype.slice.call(r.querySelectorAll(s))}
/* The clean answer in a text, as it is kept; undefined where there is none or the server would refuse it. */
var reads={
  text:function(t,f){t=t.normalize(f.pattern?'NFKC':'NFC').trim();
    return UNSEEN.test(t)||Array.from(t).length>f.length||f.pattern&&!new RegExp('^(?:'+f.pattern+')$').test(t)?undefined:t},
  number:function(t,f){t=t.normalize('NFKC').replace(/[ ,]/g,'');
    var m=/^([+-]?)0*(\d+?)(?:\.(\d*?)0*)?$/.exec(t),n=+t;
    if(!m||/\.$/.test(t)||t.length>30||n<f.least||n>f.most||(m[3]||'').length>f.places)return undefined;
    return f.whole?n:(m[1]==='-'&&n!==0?'-':'')+m[2]+(m[3]?'.'+m[3]:'')},
  yes_no:function(t){return t==='1'},
  choice:function(t){return t},
  day:function(t){t=t.normalize('NFKC').trim().replace(/\//g,'-');return /^\d{4}-\d\d-\d\d$/.test(t)?t:undefined},
  instant:function(t){return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(t)?t+':00+08:00':undefined}
};
function answer(box,f){
  var texts=all('[name]',box).filter(function(n){return !/^(radio|checkbox)$/.test(n.type)||n.checked}).map(function(n){return n.value});
  if(f.kind==='choices')return texts.length?texts:undefined;
  return texts.length&&texts[0].trim()?reads[f.kind](texts[0],f):undefined}
function same(a,b){return typeof a==='string'||typeof b==='string'||Array.isArray(a)?a===b:Number(a)===Number(b)}
function holds(c,v){
  var kind=c[0],given=v[c[1]],rest=c.slice(1);
  if(kind==='equals')return given!==undefined&&same(given,c[2]);
  if(kind==='one_of')return [].concat(given).some(function(one){return c[2].indexOf(one)>=0});
  if(kind==='more_than')return given!==undefined&&Number(given)>c[2];
  if(kind==='not')return !holds(c[1],v);
  if(kind==='all')return rest.every(function(one){return holds(one,v)});
  return rest.some(function(one){return holds(one,v)})}
function ask(form){
  var values={};
  all('[data-ask]',form).forEach(function(box){
    var f=JSON.parse(box.getAttribute('data-ask')),asked=!f.when||holds(f.when,values),given;
    box.hidden=!asked;
    all('[name]',box).forEach(function(n){n.disabled=!asked});
    if(asked&&(given=answer(box,f))!==undefined)values[f.name]=given})}
all('form',document).forEach(function(form){
  if(!form.querySelector('[data-ask]'))return;
  function again(){ask(form)}
  form.addEventListener('input',again);form.addEventListener('change',again);
  form.addEventListener('reset',function(){setTimeout(again,0)});
  window.addEventListener('pageshow',again);
  again()});
})();
