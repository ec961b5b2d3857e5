/* 开方: herbs are suggested while they are typed (name, pinyin, initials); arrows choose, Enter goes on to the grams and
   then to the next row. Without it the rows are plain fields. ES2015 at most. */
(function(){
'use strict';
var D=document,W=window,rows=D.getElementById('rows');
if(!rows)return;
function make(tag,text){var n=D.createElement(tag);if(text)n.textContent=text;return n}
function changed(n){n.dispatchEvent(new Event('input',{bubbles:true}))}
function part(row,name){return row.querySelector('[data-'+name+']')}

/* One list at a time: beneath the field that is typed in. */
var list=null,owner=null,at=-1,timer,asked=0;
function close(){if(list)list.remove();if(owner){owner.setAttribute('aria-expanded','false');owner.removeAttribute('aria-activedescendant')}
  list=owner=null;at=-1}
function mark(i){var all=list.children;if(at>=0&&all[at])all[at].setAttribute('aria-selected','false');
  at=(i+all.length)%all.length;all[at].setAttribute('aria-selected','true');owner.setAttribute('aria-activedescendant',all[at].id);
  if(all[at].scrollIntoView)all[at].scrollIntoView({block:'nearest'})}
function choose(i){var li=list.children[i],n=owner,row=n.closest('li.rw'),h=part(row,'handling');
  n.value=li.getAttribute('data-name');if(h&&!h.value&&li.getAttribute('data-how'))h.value=li.getAttribute('data-how');
  close();changed(part(row,'grams'));part(row,'grams').focus()}
function show(n,items){close();if(!items.length||D.activeElement!==n)return;
  owner=n;list=make('ul');list.className='cb';list.id='herbs';list.setAttribute('role','listbox');
  items.forEach(function(each,i){var li=make('li'),b=make('b',each.name),s=make('small',each.min_g===null||each.max_g===null?'':each.min_g+'–'+each.max_g+' g');
    li.id='herb-'+i;li.lang='zh-CN';li.setAttribute('role','option');li.setAttribute('aria-selected','false');
    li.setAttribute('data-name',each.name);li.setAttribute('data-how',each.handling.length===1?each.handling[0]:'');
    li.appendChild(b);if(each.matched!==each.name)li.appendChild(make('span',each.matched));li.appendChild(s);
    li.addEventListener('mousedown',function(e){e.preventDefault();choose(i)});list.appendChild(li)});
  n.parentNode.appendChild(list);n.setAttribute('aria-controls','herbs');n.setAttribute('aria-expanded','true');mark(0)}
function ask(n){var q=n.value.trim(),mine=++asked;if(!q)return close();
  var x=new XMLHttpRequest();x.open('GET',rows.getAttribute('data-herbs')+'?limit=8&q='+encodeURIComponent(q));x.timeout=4000;
  x.setRequestHeader('Accept','application/json');
  x.onload=function(){if(mine!==asked||x.status!==200)return;var a=[];try{a=JSON.parse(x.responseText).items}catch(y){a=[]}show(n,a)};x.send()}

/* Rows: the last one is never left without another behind it. */
function next(row){var n=row.nextElementSibling;
  if(!n&&rows.children.length<60){n=row.cloneNode(true);
    [].forEach.call(n.querySelectorAll('input,select'),function(f){f.value='';f.removeAttribute('aria-invalid');
      if(f.hasAttribute('aria-label'))f.setAttribute('aria-label',f.getAttribute('aria-label').replace(/\d+/,rows.children.length+1))});
    [].forEach.call(n.querySelectorAll('.er,.cb'),function(f){f.remove()});rows.appendChild(n)}
  if(n)part(n,'herb').focus()}

rows.addEventListener('input',function(e){var n=e.target;if(!n.hasAttribute('data-herb')||e.isComposing)return;
  clearTimeout(timer);timer=setTimeout(function(){ask(n)},120)});
rows.addEventListener('compositionend',function(e){if(e.target.hasAttribute('data-herb'))ask(e.target)});
rows.addEventListener('focusout',function(e){if(e.target===owner)close()});
rows.addEventListener('keydown',function(e){var n=e.target,row=n.closest('li.rw');if(!row||e.isComposing)return;
  if(list&&n===owner){
    if(e.key==='ArrowDown'||e.key==='ArrowUp'){e.preventDefault();return mark(at+(e.key==='ArrowDown'?1:-1))}
    if(e.key==='Escape'){e.preventDefault();e.stopPropagation();return close()}
    if(e.key==='Enter'){e.preventDefault();return choose(at)}}
  if(e.key!=='Enter')return;
  e.preventDefault();
  if(n.hasAttribute('data-herb'))part(row,'grams').focus();else next(row)});
/* Elsewhere on the sheet Enter goes on to the next field: it never sends a prescription. */
var form=rows.closest('form');
form.addEventListener('keydown',function(e){var n=e.target;
  if(e.key!=='Enter'||e.defaultPrevented||e.isComposing||!/^(INPUT|SELECT)$/.test(n.tagName))return;
  e.preventDefault();
  var all=[].filter.call(form.querySelectorAll('input,select,textarea,button'),function(f){return f.type!=='hidden'&&f.offsetParent!==null});
  var to=all[all.indexOf(n)+1];if(to)to.focus()});
/* A tick made while a review is on its way is not lost when it arrives. */
var ticked={};
function ticks(){return [].slice.call(form.querySelectorAll('[name=resigned]'))}
ticks().forEach(function(n){ticked[n.value]=n.checked});
form.addEventListener('change',function(e){if(e.target.name==='resigned')ticked[e.target.value]=e.target.checked});
D.addEventListener('htmx:afterSwap',function(){ticks().forEach(function(n){n.checked=!!ticked[n.value]})});
var more=D.querySelector('[data-more]');
if(more)more.addEventListener('click',function(e){e.preventDefault();next(rows.lastElementChild)});
W.addEventListener('pageshow',close);
})();
