/* 扫码: the answer comes in place. Without a network the page verifies by itself with the public keys (kq-verify.js), says
   so, and keeps the scan with its own key and time in the outbox (docs/web.md). ES2015 at most. */
(function(){
'use strict';
var D=document,W=window,KQ=W.KQ,form=D.getElementById('desk');
if(!form||!KQ||!KQ.outbox||!W.kqVerify)return;
var data=JSON.parse(D.getElementById('desk-data').textContent),words=data.words,box=D.getElementById('id_code'),
  parts=D.getElementById('desk-parts'),KNOWN='kq:desk',DAY=864e5,known,reader,offset=0;
D.documentElement.setAttribute('data-own-scan','');
if(location.search&&W.history.replaceState)W.history.replaceState(null,'',data.here);

function part(name,root){return (root||parts).querySelector('[data-part='+name+']')}
function make(tag,cls,text){var n=D.createElement(tag);if(cls)n.className=cls;if(text)n.textContent=text;return n}
function clean(text){text=String(text);return (text.normalize?text.normalize('NFKC'):text).replace(/\s/g,'').toUpperCase()}
function two(n){return ('0'+n).slice(-2)}
function uid(){var b=W.crypto.getRandomValues(new Uint8Array(16)),h='';for(var i=0;i<16;i++)h+=two(b[i].toString(16));return h}

/* What the city last published, and how far this device's clock is from the city's. */
function use(k){known=k;offset=k.offset||0;reader=W.kqVerify.open(k.published,k.revocations);
  var t=new Date(Date.parse(k.published.at)-offset),n=D.getElementById('desk-list');
  n.setAttribute('data-at',k.published.at);
  n.textContent=n.textContent.split(' · ')[0]+' · '+words.list.replace('{t}',(t.getMonth()+1)+'-'+two(t.getDate())+' '+t.getHours()+':'+two(t.getMinutes()))}
function stored(){try{return JSON.parse(localStorage.getItem(KNOWN))}catch(x){return null}}
function get(url,done){var x=new XMLHttpRequest();x.open('GET',url);x.timeout=10000;
  x.onload=function(){var a=null;try{a=x.status===200?JSON.parse(x.responseText):null}catch(y){a=null}if(a)done(a)};x.send()}
function renew(){if(!navigator.onLine)return;var asked=Date.now();
  get(data.keys,function(published){var got=Date.now();
    get(data.revoked,function(revocations){
      var k={published:published,revocations:revocations,offset:Math.round(Date.parse(published.at)-(asked+got)/2)};
      if(Math.abs(k.offset)<2000)k.offset=0;
      try{localStorage.setItem(KNOWN,JSON.stringify(k))}catch(x){k=k}
      use(k)})})}
var kept=stored();
use(kept&&kept.published&&Date.parse(kept.published.at)>Date.parse(data.published.at)?kept:{published:data.published,revocations:data.revocations,offset:kept&&kept.offset});
renew();setInterval(renew,3e5);W.addEventListener('online',renew);

/* With the network: the server answers with the part of the page that changes. */
function show(html,only){var t=make('div');t.innerHTML=html;
  ['result','recent'].forEach(function(name){var m=part(name,t);if(m&&(!only||only===name))part(name).innerHTML=m.innerHTML});
  if(only)return;
  var r=part('result').querySelector('[data-result]');
  if(r)KQ.result(r.getAttribute('data-result')==='ok',r.querySelector('p').textContent,true)}
function fragment(method,body,done,fail){var x=new XMLHttpRequest(),csrf=D.querySelector('meta[name=csrf]');
  x.open(method,data.here);x.timeout=4000;x.setRequestHeader('X-KQ-Fragment','scan');
  if(body){x.setRequestHeader('Content-Type','application/x-www-form-urlencoded');x.setRequestHeader('X-CSRFToken',csrf.getAttribute('content'))}
  x.onload=function(){if(x.status===200&&x.getResponseHeader('X-KQ-Fragment')==='scan')done(x.responseText);else fail(x.status<500)};
  x.onerror=x.ontimeout=function(){fail(false)};x.send(body)}
function scan(text){text=clean(text);if(!text)return;
  var s={key:uid(),code:text.slice(0,2000),at:new Date(Date.now()+offset).toISOString()};
  box.value='';
  if(!navigator.onLine)return alone(s);
  var slow=setTimeout(function(){KQ.say(words.busy,true)},1000);
  fragment('POST',Object.keys(s).map(function(n){return n+'='+encodeURIComponent(s[n])}).join('&'),
    function(html){clearTimeout(slow);show(html)},
    function(signedOut){clearTimeout(slow);alone(s,signedOut&&function(){location.reload()})})}

/* Without it: a word of this page's own. The scan is kept and judged again by the city, at its own time. */
function judge(s){
  if(/^R[0-9A-Z.-]{21}$/.test(s.code))return Promise.resolve({word:'barcode'});
  return reader.then(function(r){return r.read(s.code,new Date(Date.parse(s.at)))}).then(function(told){
    var old=Date.now()+offset-Date.parse(known.published.at)>DAY;
    if(told.word==='forged'&&old&&!known.published.keys.some(function(k){return +k.kid===told.key}))told.word='stale';
    return told})}
function alone(s,then){judge(s).then(function(told){
  var ok=told.word==='genuine',sentence=words[told.word],extra=[];
  if(ok&&told.use==='paper')extra.push(words.paper);
  function say(saved){
    if(saved===true)extra.push(words.kept);if(saved===false)extra.push(words.lost);
    tell(ok,sentence,extra,s);KQ.result(ok,sentence);if(then)then()}
  if(told.word==='unreadable')return say();
  KQ.outbox.put(data.kept,{key:s.key,code:s.code,at:s.at,station:data.station,word:told.word},say)})}
function tell(ok,sentence,extra,s){
  var n=make('div','note res note-'+(ok?'ok':'bad')),d=make('div'),row=make('p','row'),list=D.getElementById('recent'),li=make('li'),line=make('div','li'),t=new Date(Date.parse(s.at)-offset);
  n.setAttribute('data-result',ok?'ok':'bad');d.appendChild(make('p','',sentence));
  extra.forEach(function(e){row.appendChild(make('span','st st-warn',e))});if(extra.length)d.appendChild(row);
  n.appendChild(d);part('result').textContent='';part('result').appendChild(n);
  line.appendChild(make('span','sp',t.getHours()+':'+two(t.getMinutes())+' '+sentence));
  li.appendChild(line);if(list.querySelector('li.mut'))list.textContent='';
  list.insertBefore(li,list.firstChild);while(list.children.length>5)list.lastChild.remove()}

D.addEventListener('kq:scan',function(e){scan(e.detail)});
D.addEventListener('kq:answers',function(){fragment('GET',null,function(html){show(html,'recent')},function(){KQ.outbox.flush()})});
form.addEventListener('submit',function(e){e.preventDefault();var text=clean(box.value);if(text)KQ.scan(text)});
form.addEventListener('reset',function(){part('result').textContent='';setTimeout(function(){box.focus()},0)});
})();
