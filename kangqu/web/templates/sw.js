/* 离线外壳：只存外壳与声明可离线的页面（响应头 X-KQ-Keep）；先网络，3 秒不通用上次的。退出登录即清空。 */
var SHELL={{ shell | safe }},CACHE='kq-'+SHELL.join();
self.addEventListener('install',function(e){e.waitUntil(caches.open(CACHE).then(function(c){return c.addAll(SHELL)}).then(function(){return self.skipWaiting()}))});
self.addEventListener('activate',function(e){e.waitUntil(caches.keys().then(function(k){return Promise.all(k.filter(function(n){return n.indexOf('kq-')===0&&n!==CACHE}).map(function(n){return caches.delete(n)}))}).then(function(){return self.clients.claim()}).then(first))});
/* 第一次打开的页面不是经过这里来的，补存一份。 */
function first(){return self.clients.matchAll({type:'window'}).then(function(c){return Promise.all(c.map(function(w){
  return fetch(w.url,{credentials:'same-origin'}).then(function(n){if(n.ok&&!n.redirected&&n.headers.get('X-KQ-Keep'))return caches.open(CACHE).then(function(k){return k.put(w.url,n)})}).catch(function(){return null})}))})}
self.addEventListener('fetch',function(e){
  var r=e.request,u=new URL(r.url);
  if(r.method!=='GET'||u.origin!==self.location.origin)return;
  if(SHELL.indexOf(u.pathname)>=0){e.respondWith(caches.match(r,{ignoreSearch:true}).then(function(h){return h||fetch(r)}));return}
  if(r.mode!=='navigate')return;
  e.respondWith(new Promise(function(ok,no){
    var done=false,timer=setTimeout(old,3000);
    function old(failed){caches.match(r,{ignoreVary:true}).then(function(h){if(done)return;if(h){done=true;ok(h)}else if(failed===true){done=true;no(new TypeError('offline'))}})}
    fetch(r).then(function(n){clearTimeout(timer);
      if(n.ok&&n.headers.get('X-KQ-Keep')){var copy=n.clone();caches.open(CACHE).then(function(c){c.put(r,copy)})}
      if(!done){done=true;ok(n)}},function(){clearTimeout(timer);old(true)})}))});
self.addEventListener('message',function(e){if(e.data==='forget')e.waitUntil(caches.open(CACHE).then(function(c){return c.keys().then(function(k){return Promise.all(k.map(function(r){return SHELL.indexOf(new URL(r.url).pathname)<0&&c.delete(r)}))})}))});
