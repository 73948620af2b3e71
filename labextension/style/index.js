import './panel.css';
import './cards.css';
import './rows.css';
import './picker.css';
import './history.css';
import './progress.css';
import './graph.css';
import './forced.css';
